"""The place for the intro service's pages: an introduction by its link, an organiser's rounds and introductions."""
