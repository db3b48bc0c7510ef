"""What may be handed in, and what is said of the rest."""

from __future__ import annotations

import io

import pytest

from luoshi.kernel.errors import BadInput
from luoshi.text import read, read_documents

PLAN = (
    "青江市人民政府\n关于演示的通知\n\n青政发〔2025〕1号\n\n各县人民政府：\n\n"
    "一、目标\n\n到2025年，建成12个演示点。\n\n青江市人民政府\n2025年1月2日\n"
)


@pytest.mark.parametrize(
    ("encoding", "reported"), [("utf-8", []), ("utf-8-sig", ["encoding"]), ("gb18030", ["encoding"])]
)
def test_reader_tells_the_encoding(encoding: str, reported: list[str]) -> None:
    issue = read(PLAN.encode(encoding), "演示.txt")
    assert issue.documents[0].number == "青政发〔2025〕1号"
    assert [f.code for f in issue.findings if f.code == "encoding"] == reported


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空"),
        (b"   \n\n", "空"),
        ("\ufeff".encode(), "空"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04....", "Word"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "二进制"),
        (PLAN.encode("utf-16-le"), "UTF-16"),
        (PLAN.replace("关于", "關於").replace("发", "發").replace("县", "縣").replace("标", "標").replace("点", "點")
         .replace("号", "號").replace("个", "個").replace("级", "級").encode("big5", "ignore") * 3, "Big5"),
        (b"\xff\xfe\xfd\x80\x81" * 40 + b"\xc0", ""),
        (bytes(range(1, 9)) * 50, "控制字符"),
    ],
)  # fmt: skip
def test_reader_names_what_it_cannot_read(data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(data, "上传.txt")
    assert words in caught.value.reason
    assert caught.value.file == "上传.txt"


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match="太大"):
        read(PLAN.encode(), limit=100)
    with pytest.raises(BadInput, match="太大"):
        list(read_documents(io.BytesIO(PLAN.encode() * 10), limit=1000))


def test_a_bad_byte_far_into_the_file_is_placed() -> None:
    data = PLAN.encode() * 4000 + b"\xff\xff" + PLAN.encode()
    with pytest.raises(BadInput):
        list(read_documents(io.BytesIO(data), "长.txt"))
    with pytest.raises(BadInput):
        read(data, "长.txt")


def test_a_stream_of_bytes_reads_as_the_file_does() -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        streamed = list(read_documents(io.BytesIO(PLAN.encode(encoding))))
        assert [d.to_json() for d in streamed] == [d.to_json() for d in read(PLAN).documents]


def test_an_empty_stream_is_bad_input() -> None:
    with pytest.raises(BadInput, match="空"):
        list(read_documents(io.BytesIO(b"")))


def test_plain_prose_without_numbers_is_read_and_said_to_be_so() -> None:
    issue = read("今天天气很好。\n\n明天也会很好。")
    assert [p.path for p in issue.documents[0].walk()] == ["1", "2"]
    assert {"unnumbered", "number_missing", "title_missing", "date_missing"} <= {f.code for f in issue.findings}
