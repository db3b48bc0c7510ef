"""Evidence packages as files: written the same for the same content, checked without a database. Pure.

A package is a zip (stored, not compressed; fixed dates; sorted names) of
- `manifest.json`: format, subject, first and last entry, head of the chain, SM3 of every other file;
- `entries.jsonl`: the subject's entries, each {"seq", "payload", "prev_hash", "hash"};
- `chain.jsonl`: [seq, SM3 of the payload] of every entry from the first of them to the head, so that the chain can be
  recomputed without showing what other entries say;
- `norms.json`: the provisions the entries cite, in the version of then, each with the SM3 of its text;
- `facts.json`: what the room of the subject adds (facts, decision).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput, system_reason
from luoshi.ledger.engine import Mark, digest, link, seal

FORMAT = "luoshi-evidence/1"
SEAL_FORMAT = "luoshi-seal/1"
LIMIT = 512 * 1024 * 1024  # bytes a package may unpack to
_EPOCH = (1980, 1, 1, 0, 0, 0)
Replay = Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True)
class Finding:
    """The answer about a package: what was looked at (`checks`), what is wrong, what stays open (`notes`)."""

    subject: str = ""
    head_seq: int = 0
    head_hash: str = ""
    entries: int = 0
    checks: list[str] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def wrong(self, file: str, message: str, seq: int | None = None) -> None:
        self.problems.append({"file": file, "seq": seq, "message": message})

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "subject": self.subject,
            "head_seq": self.head_seq,
            "head_hash": self.head_hash,
            "entries": self.entries,
            "checks": self.checks,
            "problems": self.problems,
            "notes": self.notes,
        }


def write(
    subject: str,
    entries: Sequence[Mapping[str, Any]],
    chain: Iterable[tuple[int, str]],
    head: Mark,
    *,
    norms: Sequence[Mapping[str, Any]] = (),
    facts: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of a package. The same arguments give the same bytes."""
    files = {
        "entries.jsonl": "".join(dumps(entry) + "\n" for entry in entries),
        "chain.jsonl": "".join(dumps(step) + "\n" for step in chain),
        "norms.json": dumps([{**norm, "digest": digest(str(norm["text"]))} for norm in norms]),
        "facts.json": dumps(facts or {}),
    }
    manifest = {
        "format": FORMAT,
        "subject": subject,
        "first_seq": entries[0]["seq"] if entries else 0,
        "last_seq": entries[-1]["seq"] if entries else 0,
        "head": {"seq": head.seq, "hash": head.hash},
        "files": {name: digest(text) for name, text in files.items()},
    }
    files["manifest.json"] = dumps(manifest)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def check(
    data: bytes, *, name: str = "", seals: Iterable[Mark] = (), replayers: Mapping[str, Replay] | None = None
) -> Finding:
    """Verify a package from its bytes alone. BadInput when it is no package at all; tampering is an answer."""
    files = _unpack(data, name)
    try:
        manifest = json.loads(files["manifest.json"])
        found = Finding(manifest["subject"], manifest["head"]["seq"], manifest["head"]["hash"])
        _check_files(found, files, manifest)
        entries = [json.loads(line) for line in files["entries.jsonl"].splitlines()]
        found.entries = len(entries)
        hashes = _check_chain(found, files["chain.jsonl"], entries)
        _check_entries(found, entries, hashes, manifest["subject"])
        _check_seals(found, hashes, list(seals))
        _check_norms(found, json.loads(files["norms.json"]))
        _check_replays(found, entries, replayers or {}, json.loads(files["facts.json"]))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise BadInput(f"证据包内容无法读取（{type(error).__name__}: {error}）", file=name) from None
    return found


def read_seal(text: str, name: str = "") -> Mark:
    """A published seal. BadInput when it is not one."""
    try:
        said = json.loads(text)
        if said["format"] != SEAL_FORMAT:
            raise ValueError(said["format"])
        return Mark(int(said["seq"]), str(said["hash"]), name or "seal")
    except (KeyError, ValueError, TypeError):
        raise BadInput("不是封存文件", file=name) from None


def _unpack(data: bytes, name: str) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > LIMIT:
                raise BadInput("证据包过大", file=name)
            files = {info.filename: archive.read(info).decode() for info in archive.infolist()}
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError):
        raise BadInput("不是证据包（zip 文件损坏或格式不对）", file=name) from None
    for needed in ("manifest.json", "entries.jsonl", "chain.jsonl", "norms.json", "facts.json"):
        if needed not in files:
            raise BadInput(f"证据包缺少 {needed}", file=name)
    try:
        known = json.loads(files["manifest.json"])["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise BadInput("不认识的证据包格式", file=name, field="manifest.json")
    return files


def _check_files(found: Finding, files: Mapping[str, str], manifest: Mapping[str, Any]) -> None:
    for name, wanted in manifest["files"].items():
        if name not in files:
            found.wrong(name, "清单里有、包里没有")
        elif digest(files[name]) != wanted:
            found.wrong(name, "与清单记的摘要不符，已被改动")
    for name in files:
        if name != "manifest.json" and name not in manifest["files"]:
            found.wrong(name, "清单里没有，是后加的")
    if found.ok:
        found.checks.append("各文件与清单摘要一致")


def _check_chain(found: Finding, text: str, entries: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Recompute the chain from the first entry to the head; the hash of every step."""
    steps = [json.loads(line) for line in text.splitlines()]
    hashes: dict[int, str] = {}
    if not entries:
        found.wrong("entries.jsonl", "没有任何记录")
        return hashes
    previous = str(entries[0]["prev_hash"])
    expected = int(entries[0]["seq"])
    for seq, payload_digest in steps:
        if seq != expected:
            found.wrong("chain.jsonl", f"缺第 {expected} 条，链条中断", expected)
            return hashes
        previous = hashes[seq] = link(previous, payload_digest)
        expected += 1
    if hashes.get(found.head_seq) != found.head_hash or expected != found.head_seq + 1:
        found.wrong("chain.jsonl", "重新计算的链条到不了清单里的末端摘要", found.head_seq)
    found.checks.append(f"链条从第 {entries[0]['seq']} 条接到第 {found.head_seq} 条")
    return hashes


def _check_entries(
    found: Finding, entries: Sequence[Mapping[str, Any]], hashes: Mapping[int, str], subject: str
) -> None:
    last = 0
    for entry in entries:
        seq, payload = int(entry["seq"]), str(entry["payload"])
        said = json.loads(payload)
        if said["seq"] != seq or seq <= last:
            found.wrong("entries.jsonl", "次序被打乱", seq)
        if said["subject"] != subject:
            found.wrong("entries.jsonl", "不是这一对象的记录", seq)
        if seal(str(entry["prev_hash"]), payload) != entry["hash"]:
            found.wrong("entries.jsonl", "内容与摘要不符，已被改动", seq)
        elif hashes.get(seq) != entry["hash"]:
            found.wrong("entries.jsonl", "不在链条上", seq)
        last = seq
    found.checks.append(f"{len(entries)} 条记录都在链条上")


def _check_seals(found: Finding, hashes: Mapping[int, str], seals: Sequence[Mark]) -> None:
    used = 0
    for mark in seals:
        if mark.seq in hashes:
            used += 1
            if hashes[mark.seq] != mark.hash:
                found.wrong(mark.origin, "与公布的封存摘要不符", mark.seq)
    if used:
        found.checks.append(f"与 {used} 个公布的封存摘要比对")
    else:
        found.notes.append("没有与公布的封存摘要比对：只能证明包内一致，不能证明整条链没有被重算")


def _check_norms(found: Finding, norms: Sequence[Mapping[str, Any]]) -> None:
    for norm in norms:
        if digest(str(norm["text"])) != norm["digest"]:
            found.wrong("norms.json", f"{norm.get('cite', '')} 的文本与摘要不符")
    if norms:
        found.checks.append(f"{len(norms)} 处依据文本与摘要一致")


def _check_replays(
    found: Finding, entries: Sequence[Mapping[str, Any]], replayers: Mapping[str, Replay], attached: Mapping[str, Any]
) -> None:
    """Decide again from the recorded facts wherever a room has said how. `attached`: what the room put beside them."""
    done = 0
    for entry in entries:
        said = json.loads(str(entry["payload"]))
        data = said.get("data", {})
        if "decision" not in data or "facts" not in data:
            continue
        replay = replayers.get(said["kind"])
        if replay is None:
            found.notes.append(f"第 {entry['seq']} 条的决定没有可用的复算方法")
            continue
        done += 1
        try:
            again = dumps(replay({**data, "attached": attached}))
        except Exception as error:
            found.wrong("entries.jsonl", f"复算失败：{type(error).__name__}: {error}", entry["seq"])
            continue
        if again != dumps(data["decision"]):
            found.wrong("entries.jsonl", "按所记事实复算，决定不同", entry["seq"])
    if done:
        found.checks.append(f"{done} 个决定复算一致" if found.ok else f"{done} 个决定已复算")


def read_file(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"无法读取：{system_reason(error)}", file=path) from None
