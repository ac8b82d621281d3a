"""One JSON array, element by element: a file of hundreds of megabytes is read in the memory of a few elements."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 20
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)
_BETWEEN = " \t\r\n,"


class ArrayReader:
    """Iterate over it once: the text of each element, valid or not, in order; numbers in a row are one. Of a file that ends
    too early the last one is what there is; reading stops behind an element of over ``limit`` characters, which comes cut
    just above it, and at the array's end. Bytes that are not UTF-8 come as surrogates."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._limit = stream, limit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._text, self._at, self._start, self._depth = "", 0, 0, 0
        self._closed = False

    def __iter__(self) -> Iterator[str]:
        while self._more():
            for element in self._elements():
                yield element[: self._limit + 1]
            if self._closed:
                return
            if len(self._text) - self._start > self._limit:
                break
        if rest := self._text[self._start :].strip(_BETWEEN):
            yield rest[: self._limit + 1]

    def _more(self) -> bool:
        """Forget what is read and take the next chunk; false at the end of the file."""
        data = self._stream.read(CHUNK_BYTES)
        self._text = self._text[self._start :] + self._decoder.decode(data, final=not data)
        self._at, self._start = self._at - self._start, 0
        return bool(data)

    def _elements(self) -> Iterator[str]:
        """Those that end in the text at hand. A string that does not end in it is looked at again with the next chunk."""
        while (found := _TOKEN.search(self._text, self._at)) and found[0] != '"':
            self._at = found.end()
            if found[0] in ("[", "{"):
                self._depth += 1
                if self._depth <= 2:
                    yield from self._until(found.start() if self._depth == 2 else found.end(), self._depth == 1)
            elif found[0] in ("]", "}"):
                self._depth -= 1
                if self._depth <= 1:
                    yield from self._until(found.end() if self._depth else found.start(), False)
                if self._depth == 0:
                    self._closed = True
                    return

    def _until(self, end: int, opening: bool) -> Iterator[str]:
        part = self._text[self._start : end].strip(_BETWEEN)
        self._start = end
        if part and not opening:
            yield part
