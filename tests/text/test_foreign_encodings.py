"""Files in other countries' encodings are named, not guessed at."""

from __future__ import annotations

import pytest

from luoshi import text
from luoshi.kernel.errors import BadInput

JAPANESE = "第一条 この方針は、学校における教育の基本となる事項を次のとおり定める。\n" * 12


@pytest.mark.parametrize(("encoding", "named"), [("shift_jis", "Shift-JIS"), ("euc_jp", "EUC-JP")])
@pytest.mark.parametrize("words", [JAPANESE, "あいうえお カタカナ テスト\n" * 5])
def test_a_japanese_file_is_named_by_its_encoding(encoding: str, named: str, words: str) -> None:
    with pytest.raises(BadInput, match=named):
        text.read(words.encode(encoding), name="日文.txt")
