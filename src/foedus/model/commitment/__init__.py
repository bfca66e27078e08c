"""One root over the parts of an object, so that a version of it with parts torn off still verifies against that root.

    commit(object, seed) --> Tree --redact(tree, what is shown)--> proof --verify(object with its proof)--> Tree

A part is a property, an element of a list, or a member of ``extensions`` or ``hashes``. Each is hashed under a salt of its
own; the leaves are filled up with decoys to a power of two and permuted, so that a proof says neither how many parts are
hidden nor which. What is needed to check a view travels in the view itself, in its partial-view extension; whoever holds
the object and the root can check it. Values that an edit made (a coarse position, a pseudonym) are no parts of the original:
the proof lists them as edited, and nothing but the sender's word stands for them.

    leaf   SHA-256(00 | salt | path | 00 | p, e or m | RFC 8785 of the value)
    node   SHA-256(01 | left | right)

docs/release.md says it in full.
"""

from foedus.model.commitment.parts import PARTIAL_VIEW, Part, parts
from foedus.model.commitment.proof import Proof, merge, note_of, profiles_of, proof_of, redact, verify, with_proof
from foedus.model.commitment.tree import LARGEST, SMALLEST, Leaf, Root, Tree, commit

__all__ = [
    "LARGEST",
    "PARTIAL_VIEW",
    "SMALLEST",
    "Leaf",
    "Part",
    "Proof",
    "Root",
    "Tree",
    "commit",
    "merge",
    "note_of",
    "parts",
    "profiles_of",
    "proof_of",
    "redact",
    "verify",
    "with_proof",
]
