"""The place for what people commonly put together instead, written as they commonly write it."""
