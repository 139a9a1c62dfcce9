"""A filter graph of ffmpeg that grows step by step: inputs, labels, loose ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Graph:
    """``v`` and ``a`` are the labels of the picture and the sound as they are now."""

    def __init__(self, source: Path) -> None:
        self.inputs: list[tuple[str, ...]] = [("-i", str(source))]
        self.texts: list[str] = []
        self.v = self.a = ""
        self.audible = False
        self._labels: dict[str, str] = {}  # label -> the filter that swallows it if nothing else does

    def label(self, *, sound: bool = False) -> str:
        name = f"[n{len(self._labels) + 1}]"
        self._labels[name] = "anullsink" if sound else "nullsink"
        return name

    def chain(self, text: str, *, sound: bool = False) -> str:
        """Add filters, their input labels in front; gives the label of what comes out."""
        out = self.label(sound=sound)
        self.texts.append(text + out)
        return out

    def filter(self, text: str) -> None:
        self.v = self.chain(self.v + text)

    def hear(self, text: str) -> None:
        if self.audible:
            self.a = self.chain(self.a + text, sound=True)

    def take(self, *words: str | Path) -> int:
        """Add an input; gives its number."""
        self.inputs.append(tuple(map(str, words)))
        return len(self.inputs) - 1

    def twice(self) -> str:
        """Label of a second copy of the picture."""
        one, other = self.label(), self.label()
        self.texts.append(f"{self.v}split{one}{other}")
        self.v = one
        return other

    def sound_twice(self) -> str:
        one, other = self.label(sound=True), self.label(sound=True)
        self.texts.append(f"{self.a}asplit{one}{other}")
        self.a = one
        return other

    def words(self, *outputs: str) -> list[str]:
        """Inputs and graph as arguments of ffmpeg; what leads nowhere is swallowed."""
        text = ";".join(self.texts)
        loose = [label for label in self._labels if text.count(label) == 1 and label not in outputs]
        ends = [label + self._labels[label] for label in loose]
        inputs = [word for words in self.inputs for word in words]
        return [*inputs, "-filter_complex_threads", "1", "-filter_complex", ";".join([text, *ends])]
