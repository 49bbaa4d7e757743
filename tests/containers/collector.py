"""The place for the smallest OTLP collector: it prints each span as a line of JSON. Runs inside a service's image."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector(BaseHTTPRequestHandler):
    """Takes POST /v1/traces, uncompressed."""

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in request.resource_spans:
            service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    shown = {"service": service, "name": span.name, "trace": span.trace_id.hex()}
                    sys.stdout.write(json.dumps(shown) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("", 4318), Collector).serve_forever()
