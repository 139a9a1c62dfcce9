"""Reading bits of a coded header: fixed fields, Exp-Golomb (ITU-T H.264 clause 9.1), LEB128 (AV1 clause 4.10.5)."""

from __future__ import annotations

#: More leading zeros than a 32-bit Exp-Golomb code can have (H.264 clause 7.2 bounds ue(v) at 32 bits).
_GOLOMB_ZEROS = 32
#: AV1 clause 4.10.5: at most eight bytes.
_LEB128_BYTES = 8


class BitReader:
    """Bits of ``data`` from the most significant on. Reading past the end raises :class:`EOFError`."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """The next ``count`` bits as an unsigned number."""
        if count > self._left:
            raise EOFError("the header ends inside a field")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.bits(1) == 1

    def ue(self) -> int:
        """An unsigned Exp-Golomb code."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _GOLOMB_ZEROS:
                raise EOFError("not an Exp-Golomb code")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at ``at`` and the position after it; :class:`EOFError` where it does not end."""
    value = 0
    for count, byte in enumerate(data[at : at + _LEB128_BYTES]):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, at + count + 1
    raise EOFError("the LEB128 number does not end")


def to_leb128(value: int) -> bytes:
    """``value`` as the shortest LEB128."""
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
