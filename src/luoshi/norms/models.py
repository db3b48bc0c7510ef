"""What the documents say: packs, instruments and their versions, provisions, clauses, interpretations, parameters.

Citations are `<slug>:<path>`, e.g. `09:三(一)1`. A provision path is the numbering of the text itself; a clause key may
be finer (`09:三(一)1-2`). What a document says never changes: a changed text is a new version beside the old one.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from luoshi.kernel import when


class Pack(models.Model):
    """A district's documents as data, as last loaded from disk. `digest` is the SM3 of its files."""

    id = models.CharField("包", max_length=40, primary_key=True)
    district = models.CharField("区县", max_length=80)
    version = models.CharField("版本", max_length=40, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "规范包"

    def __str__(self) -> str:
        return f"{self.district}（{self.id}）"


class Instrument(models.Model):
    """One official document (文件). `number` is written with 〔〕; `slug` is its permalink and never changes."""

    pack = models.ForeignKey(Pack, models.PROTECT, null=True, blank=True, related_name="instruments")
    slug = models.CharField(max_length=60, unique=True)
    number = models.CharField("文号", max_length=80, blank=True, db_index=True)
    title = models.CharField("标题", max_length=400)
    kind = models.CharField("文种", max_length=40, blank=True)
    issuer = models.CharField("发文机关", max_length=200, blank=True)
    addressees = models.JSONField("主送", default=list, blank=True)
    date = models.DateField("成文日期", null=True, blank=True)
    dates = models.JSONField("文中日期", default=list, blank=True)
    public = models.BooleanField("公开", default=True)
    valid_from = models.DateField("施行日期", null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    revision_due = models.DateField("应修订日期", null=True, blank=True)
    summary = models.TextField("摘要", blank=True)
    order = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return f"{self.title}（{self.number}）" if self.number else self.title

    @property
    def expired(self) -> bool:
        """The last day of validity has passed."""
        return self.valid_until is not None and self.valid_until < when.today()


class Upload(models.Model):
    """A file somebody brought in, kept as it came. The bytes lie under MEDIA_ROOT by their SHA-256."""

    class State(models.TextChoices):
        RECEIVED = "received", "已接收"
        READ = "read", "已读出"
        FAILED = "failed", "未能读入"
        STORED = "stored", "已入库"

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField("文件名", max_length=255)
    size = models.PositiveBigIntegerField("字节数")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.RECEIVED)
    error = models.TextField("原因", blank=True)
    report = models.JSONField("结果", default=dict, blank=True)
    attempts = models.PositiveIntegerField("次数", default=0)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入文件"
        ordering = ["-uploaded_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_state_display()}）"


class InstrumentVersion(models.Model):
    """One wording of an instrument. `no` counts from 1; `valid_until` is null for the wording in force.

    `reading` keeps what the reader understood (responsibilities, targets), as in `luoshi gazette parse --json`.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="versions")
    no = models.PositiveIntegerField("版次")
    source = models.CharField("来源", max_length=255, blank=True)
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="versions")
    text = models.TextField("正文")
    digest = models.CharField("正文摘要", max_length=64)
    reading = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField("自", null=True, blank=True)
    valid_until = models.DateField("至（不含）", null=True, blank=True)
    imported_at = models.DateTimeField("入库时间")

    class Meta:
        verbose_name = verbose_name_plural = "文本版本"
        ordering = ["instrument", "-no"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "no"], name="norms_version_no"),
            models.UniqueConstraint(fields=["instrument", "digest"], name="norms_version_digest"),
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(valid_until__isnull=True), name="norms_one_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.slug} 第{self.no}版"


class Provision(models.Model):
    """One addressable piece of a version's text, in reading order. `text` is its own, without its children's.

    label + heading + mark + text is what is printed. Paragraphs of one provision are `4.1/p2`; the parts around the
    numbered text (addressees, signature) stand under `0/`: everything printed can be cited and found.
    """

    class Sort(models.TextChoices):
        ITEM = "item", "条款"
        PARA = "para", "段落"
        PART = "part", "文首文尾"

    version = models.ForeignKey(InstrumentVersion, models.CASCADE, related_name="provisions")
    path = models.CharField("条款", max_length=120)
    label = models.CharField("序号", max_length=40, blank=True)
    heading = models.CharField("标题", max_length=400, blank=True)
    mark = models.CharField(max_length=8, blank=True)
    text = models.TextField("文本", blank=True)
    sort = models.CharField(max_length=4, choices=Sort.choices, default=Sort.ITEM)
    order = models.PositiveIntegerField()
    depth = models.PositiveSmallIntegerField(default=0)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    class Meta:
        verbose_name = verbose_name_plural = "条款"
        ordering = ["version", "order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="norms_provision_path"),
            models.UniqueConstraint(fields=["version", "order"], name="norms_provision_order"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.heading}".strip()


class Clause(models.Model):
    """A clause of the pack's inventory: what one sentence asks for, in our own words (`gist`) and figures (`facts`).

    `provision` is where the text in force says it; `fit` tells how exactly that was found. Null before the import.
    """

    class Fit(models.TextChoices):
        NONE = "", "未对应"
        EXACT = "exact", "逐条对应"
        PART = "part", "条款之内"
        FRONT = "front", "文首文尾"
        WHOLE = "whole", "全文（原文未写）"

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="clauses")
    key = models.CharField("编号", max_length=160, unique=True)
    path = models.CharField("条款", max_length=150)
    heading = models.CharField("标题", max_length=200, blank=True)
    kind = models.CharField("类别", max_length=40)
    gist = models.TextField("要点")
    facts = models.JSONField("事实", default=dict, blank=True)
    order = models.PositiveIntegerField(default=0)
    provision = models.ForeignKey(Provision, models.SET_NULL, null=True, blank=True, related_name="clauses")
    fit = models.CharField("对应方式", max_length=8, choices=Fit.choices, default=Fit.NONE, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "条目"
        ordering = ["instrument", "order", "id"]

    def __str__(self) -> str:
        return f"{self.key} {self.heading}".strip()


class Relation(models.Model):
    """What one instrument says about another: adjusts, repeals, rests on, cites. `target` when we hold it too."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="relations")
    kind = models.CharField("关系", max_length=20)
    number = models.CharField("文号或名称", max_length=200)
    cite = models.CharField("出处", max_length=160, blank=True)
    note = models.CharField("说明", max_length=400, blank=True)
    target = models.ForeignKey(Instrument, models.SET_NULL, null=True, blank=True, related_name="related_from")

    class Meta:
        verbose_name = verbose_name_plural = "文件关系"
        constraints = [
            models.UniqueConstraint(fields=["instrument", "kind", "number", "cite"], name="norms_relation_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Interpretation(models.Model):
    """A named question the text leaves open (口径), with options, a default, and who may answer it.

    `options` is a list of {"value", "label"}; `default` and `answer` are option values. Until confirmed by someone
    acting for `body`, every decision that leans on it says so.
    """

    class Status(models.TextChoices):
        INFERRED = "inferred", "待确认"
        CONFIRMED = "confirmed", "已确认"

    key = models.CharField("编号", max_length=80, unique=True)
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="interpretations")
    question = models.TextField("问题")
    options = models.JSONField("选项", default=list, blank=True)
    default = models.JSONField("缺省", null=True, blank=True)
    answer = models.JSONField("答复", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.INFERRED)
    body = models.CharField("有权解释机关", max_length=120, blank=True)
    cites = models.JSONField("所涉条款", default=list, blank=True)
    note = models.TextField("说明", blank=True)
    no_effect = models.CharField("答复不改变什么", max_length=400, blank=True)
    reason = models.TextField("理由", blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "口径"
        ordering = ["instrument", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True)
                | Q(confirmed_by__isnull=True)
                | ~Q(answered_by=F("confirmed_by")),
                name="norms_interpretation_four_eyes",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.question}"


class Parameter(models.Model):
    """A value the text leaves to be set (参数): a limit, a rate, an amount. No value on a day = not configured."""

    class Kind(models.TextChoices):
        NUMBER = "number", "数值"
        INTEGER = "integer", "整数"
        FEN = "fen", "金额（分）"
        DATE = "date", "日期"
        TEXT = "text", "文字"
        FLAG = "flag", "是/否"
        LIST = "list", "列表"

    key = models.CharField("键", max_length=120, unique=True)
    instrument = models.ForeignKey(Instrument, models.CASCADE, null=True, blank=True, related_name="parameters")
    label = models.CharField("名称", max_length=200)
    kind = models.CharField("类型", max_length=10, choices=Kind.choices, default=Kind.NUMBER)
    unit = models.CharField("单位", max_length=40, blank=True)
    cite = models.CharField("出处", max_length=160, blank=True)
    note = models.TextField("说明", blank=True)
    awaited_from = models.CharField("待何机关下达", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "参数"
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.key} {self.label}"

    @property
    def blank_word(self) -> str:
        """What a screen shows where no value is set: 待下达 when another level must set it, else 未配置."""
        return "待下达" if self.awaited_from else "未配置"


class ParameterValue(models.Model):
    """A parameter's value from `valid_from` up to but excluding `valid_until` (null = open), with its source."""

    parameter = models.ForeignKey(Parameter, models.CASCADE, related_name="values")
    value = models.JSONField("值", null=True)
    valid_from = models.DateField("自")
    valid_until = models.DateField("至（不含）", null=True, blank=True)
    source = models.CharField("依据", max_length=400)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录入人"
    )
    set_at = models.DateTimeField("录入时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "参数值"
        ordering = ["parameter", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["parameter", "valid_from"], name="norms_parameter_value_from"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="norms_parameter_value_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parameter.key} 自 {self.valid_from}"


class Finding(models.Model):
    """What a careful reader would question (核校问题): a slip, broken numbering. Nothing is corrected silently."""

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        ACCEPTED = "accepted", "属实"
        DISMISSED = "dismissed", "不属实"
        CORRECTED = "corrected", "已更正"

    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, blank=True, related_name="findings")
    instrument = models.ForeignKey(Instrument, models.CASCADE, null=True, blank=True, related_name="findings")
    code = models.CharField("代码", max_length=60)
    path = models.CharField("条款", max_length=120, blank=True)
    message = models.TextField("说明")
    raw = models.TextField("原文", blank=True)
    suggestion = models.TextField("建议", null=True, blank=True)
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    correction = models.TextField("更正为", blank=True)
    reason = models.TextField("理由", blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人"
    )
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    found_at = models.DateTimeField("发现时间")

    class Meta:
        verbose_name = verbose_name_plural = "核校问题"
        ordering = ["instrument", "id"]
        indexes = [models.Index(fields=["state", "code"], name="norms_finding_state")]

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class SearchEntry(models.Model):
    """A piece of text that can be found: at most 256 folded characters of a provision, or a clause's gist.

    The primary key *is* the rank: level, then newest date, then place (see `engine.entry_id`), so that the first few
    hundred hits in key order are the ones to show, and nothing is sorted. The index lives beside it: an FTS5 table
    on SQLite, the folded text with a GIN of its pairs on PostgreSQL (see `index.py`).
    """

    id = models.BigIntegerField(primary_key=True)
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="+")
    version = models.ForeignKey(InstrumentVersion, models.CASCADE, null=True, blank=True, related_name="+")
    path = models.CharField(max_length=150)
    gist = models.BooleanField(default=False)
    text = models.TextField()
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "检索项"
        indexes = [models.Index(fields=["instrument", "version", "path"], name="norms_search_owner")]

    def __str__(self) -> str:
        return f"{self.path}: {self.text[:20]}"
