"""Node to node, beside TAXII: the sender's log of a pair, its checkpoint, proofs, and the receipt that comes back.

mTLS only, under ``/peer/<programme>/``::

    GET  checkpoint                  the newest signed checkpoint, a C2SP note
    GET  entries?start=&limit=       JSON lines {"leaf", "salt", "body"}, base64, from ``start``
    GET  consistency?old=&new=       JSON {"proof": [base64]}
    GET  state?log=                  JSON {"origin", "size", "root", "note"}: a log of the pair as its rows say
    GET  subtrees?log=&at=           JSON {"hashes": [base64]}: subtrees of it, ``level-index`` joined by dots
    GET  returned?start=&limit=      entries of the caller's own log, as this node took them
    POST receipt                     the cosigned checkpoint, answered by one line
    POST add-checkpoint              a checkpoint of the caller's log to cosign, see :mod:`foedus.exchange.witness`
    GET  <origin hash>/checkpoint    what was cosigned of that log last
    POST ask, ask-back               which values both hold, see :mod:`foedus.exchange.asking`

A programme without such a log, hidden or absent, is 404; asking needs no log. What comes in on either side is hostile until
checked: sizes are limited here, signatures and proofs are checked by whoever called.
"""
