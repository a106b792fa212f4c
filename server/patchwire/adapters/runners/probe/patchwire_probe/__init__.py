"""What we put into a test process: import remapping, a pytest plugin that reports, a tracer and a warm server.

Must not know Patchwire, and must run on Python 3.8.
"""
