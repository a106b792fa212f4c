"""A faithful local Responses server on 127.0.0.1, with a seam for the model that plays behind it.

Must not know `agent` or `adapters`: it is the other end of the wire and believes nothing of its client.
"""
