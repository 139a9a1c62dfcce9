"""DSSE envelopes: the published vector, a foreign verifier, and what an attacker may try with signatures."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope as ForeignEnvelope
from securesystemslib.signer import SSlibKey

from provenance.attest import envelope
from provenance.attest.envelope import Envelope, Signature
from provenance.attest.keys import SigningKey
from provenance.errors import RecordError, SignatureError

VECTORS = Path(__file__).parents[1] / "vectors"
DSSE = json.loads((VECTORS / "dsse.json").read_text())
OWN = json.loads((VECTORS / "provenance-v1.json").read_text())
ONE, TWO, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
PAYLOAD = b'{"_type":"x"}'


def spell(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def test_the_published_vector_signs_our_encoding():
    pae = envelope.pae(DSSE["payload_type"], DSSE["payload"].encode())
    assert pae.decode() == DSSE["pae"]
    numbers = ec.EllipticCurvePublicNumbers(int(DSSE["ecdsa_p256_x"]), int(DSSE["ecdsa_p256_y"]), ec.SECP256R1())
    raw = base64.b64decode(DSSE["sig"])
    signature = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers.public_key().verify(signature, pae, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("signers", [[ONE], [ONE, TWO]], ids=["one", "two"])
def test_a_foreign_implementation_verifies_our_envelope(signers):
    foreign = ForeignEnvelope.from_dict(json.loads(envelope.make(PAYLOAD, signers)))
    keys = [SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(one.public), one.key_id) for one in signers]
    assert set(foreign.verify(keys, len(signers))) == {one.key_id for one in signers}
    assert foreign.payload == PAYLOAD


def test_an_envelope_is_read_back_and_names_its_signers():
    data = envelope.make(PAYLOAD, [TWO, ONE])
    assert data == envelope.make(PAYLOAD, [ONE, TWO])
    parsed = envelope.parse(data)
    assert parsed.payload == PAYLOAD
    assert envelope.verify(parsed, [TWO.public, STRANGER.public, ONE.public]) == (TWO.public, ONE.public)
    assert envelope.verify(parsed, [ONE.public, ONE.public]) == (ONE.public,)
    assert envelope.digest(data) == hashlib.sha256(data).digest()


@pytest.mark.parametrize("publics", [[], [STRANGER.public], [bytes(32)]], ids=["none", "stranger", "weak"])
def test_without_a_signature_by_a_wanted_key_it_is_refused(publics):
    with pytest.raises(SignatureError):
        envelope.verify(envelope.parse(envelope.make(PAYLOAD, [ONE])), publics)


def test_the_payload_type_is_signed():
    signature = Signature(ONE.key_id, ONE.sign(envelope.pae("text/plain", PAYLOAD)))
    with pytest.raises(SignatureError):
        envelope.verify(Envelope(PAYLOAD, envelope.PAYLOAD_TYPE, (signature,)), [ONE.public])


def test_a_key_id_never_decides():
    value = json.loads(envelope.make(PAYLOAD, [ONE]))
    value["signatures"][0]["keyid"] = TWO.key_id
    mislabelled = envelope.parse(spell(value))
    for publics in ([TWO.public], [ONE.public], [ONE.public, TWO.public]):
        with pytest.raises(SignatureError):
            envelope.verify(mislabelled, publics)


def test_one_key_under_two_names_does_not_count_twice():
    value = json.loads(envelope.make(PAYLOAD, [ONE]))
    value["signatures"].append({"keyid": "f" * 64, "sig": value["signatures"][0]["sig"]})
    with pytest.raises(SignatureError) as caught:
        envelope.verify(envelope.parse(spell(value)), [ONE.public])
    assert caught.value.code == "record.signature-label"


def test_a_strangers_signature_is_ignored_and_a_broken_one_of_a_wanted_key_is_not():
    value = json.loads(envelope.make(PAYLOAD, [ONE, TWO]))
    for one in value["signatures"]:
        if one["keyid"] == TWO.key_id:
            one["sig"] = base64.b64encode(bytes(64)).decode()
    broken = envelope.parse(spell(value))
    assert envelope.verify(broken, [ONE.public]) == (ONE.public,)
    with pytest.raises(SignatureError):
        envelope.verify(broken, [ONE.public, TWO.public])


def test_every_changed_byte_of_an_envelope_is_refused():
    data = OWN["envelope"].encode()
    public = bytes.fromhex(OWN["signing_public"])
    envelope.verify(envelope.parse(data), [public])
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        for changed in (bytes(flipped), data[:place] + data[place + 1 :], data[:place] + b" " + data[place:]):
            with pytest.raises(RecordError):
                envelope.verify(envelope.parse(changed), [public])


GOOD = json.loads(envelope.make(PAYLOAD, [ONE]))


@pytest.mark.parametrize(
    "value",
    [
        {**GOOD, "extra": 1},
        {**GOOD, "payloadType": "application/json"},
        {**GOOD, "payload": GOOD["payload"].rstrip("=") + "\n"},
        {**GOOD, "payload": "*"},
        {**GOOD, "signatures": []},
        {**GOOD, "signatures": GOOD["signatures"] * 2},
        {**GOOD, "signatures": [{"sig": GOOD["signatures"][0]["sig"]}]},
        {**GOOD, "signatures": [{**GOOD["signatures"][0], "keyid": ""}]},
        {**GOOD, "signatures": [{**GOOD["signatures"][0], "sig": "AAAA"}]},
        {**GOOD, "signatures": [{**GOOD["signatures"][0], "cert": "x"}]},
        {**GOOD, "signatures": [{**GOOD["signatures"][0], "keyid": f"{i:064x}"} for i in range(17)]},
        [],
        None,
    ],
    ids=lambda value: json.dumps(value)[-40:],
)
def test_malformed_envelopes_are_refused(value):
    with pytest.raises(RecordError):
        envelope.parse(spell(value))


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(GOOD).encode(),
        spell(GOOD) + b"\n",
        b'{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}',
        b"x" * (envelope.MAX_ENVELOPE + 1),
    ],
    ids=["spaces", "newline", "order", "large"],
)
def test_other_writer_forms_are_refused(data):
    with pytest.raises(RecordError):
        envelope.parse(data)


@pytest.mark.parametrize("signers", [[], [ONE, ONE]], ids=["none", "twice"])
def test_an_envelope_has_distinct_signers(signers):
    with pytest.raises(RecordError):
        envelope.make(PAYLOAD, signers)


def test_a_payload_over_the_limit_is_refused():
    with pytest.raises(RecordError):
        envelope.make(bytes(256 * 1024 + 1), [ONE])
    largest = envelope.make(bytes(256 * 1024), [SigningKey.from_seed(bytes([n]) * 32) for n in range(16)])
    assert len(envelope.parse(largest).signatures) == 16
