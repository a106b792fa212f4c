"""A short text report from a web server's access log."""
