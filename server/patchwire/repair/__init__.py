"""The offline model's brain: the items of a conversation come in, the next output items go out.

Must not know sockets, the local server or the inside of any tool: it sees only what any model sees.
"""
