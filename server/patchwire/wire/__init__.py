"""The Sans-I/O half of the Responses protocol: strings come in, strings go out, and the history is right in between.

Must not know sockets, async or clocks.
"""
