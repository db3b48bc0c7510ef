"""Bodies, posts, people and areas over time, and the working calendar. Nothing here is ever overwritten by a rename."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

# Kinds of bodies, as the list of bodies names them, with the words shown to people.
BODY_KINDS = {
    "government": "政府",
    "party_organ": "党委部门",
    "department": "政府部门",
    "vertical_branch": "垂管单位",
    "institution": "事业单位",
    "leading_group": "议事协调机构",
    "town": "镇",
    "subdistrict": "街道",
    "community": "村（社区）",
    "mass_organization": "群团组织",
    "court": "司法机关",
    "military": "军事机关",
    "association": "社会组织",
    "enterprise": "企业",
    "upper_level_authority": "上级机关",
}
ALIAS_SORTS = {"alias": "别称", "ocr": "扫描误识", "role_phrase": "职责称谓", "plaque": "加挂牌子"}
STATUSES = {"inferred": "待确认", "confirmed": "已确认"}
AREA_SORTS = {
    "district": "区",
    "town": "镇",
    "subdistrict": "街道",
    "community": "社区",
    "village": "村",
    "grid": "网格",
}
SEXES = {"f": "女", "m": "男"}
DAY_SORTS = {"holiday": "放假", "makeup": "调休上班"}


class Body(models.Model):
    """An organisation that documents name. `name` is the canonical short form, unique within a pack."""

    pack = models.CharField("数据包", max_length=40, default="jccq")
    name = models.CharField("名称", max_length=120)
    kind = models.CharField("类别", max_length=32, choices=list(BODY_KINDS.items()))
    full_name = models.CharField("全称", max_length=200, blank=True)
    collective = models.BooleanField("统称", default=False)  # 各镇(街道): several bodies under one phrase
    uncertain = models.BooleanField("身份存疑", default=False)  # the question itself is an interpretation of the pack
    note = models.TextField("说明", blank=True)
    phone = models.CharField("办公电话", max_length=40, blank=True)  # an office's number, not personal data
    valid_from = models.DateField("生效", null=True, blank=True)
    valid_until = models.DateField("失效", null=True, blank=True)  # last day on which it exists

    class Meta:
        verbose_name = "机构"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["pack", "name"], name="directory_body_name")]
        indexes = [models.Index(fields=["kind", "name"], name="directory_body_kind")]

    def __str__(self) -> str:
        return self.name


class BodyAlias(models.Model):
    """Another way documents print a body. `document` narrows it to one instrument (slug), dates to a period."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="aliases")
    name = models.CharField("写法", max_length=200)
    sort = models.CharField("性质", max_length=16, choices=list(ALIAS_SORTS.items()), default="alias")
    document = models.CharField("仅限文件", max_length=40, blank=True)
    valid_from = models.DateField("生效", null=True, blank=True)
    valid_until = models.DateField("失效", null=True, blank=True)

    class Meta:
        verbose_name = "机构别称"
        ordering = ["sort", "name"]
        constraints = [
            models.UniqueConstraint(fields=["body", "name", "sort", "document"], name="directory_alias_once"),
        ]
        indexes = [models.Index(fields=["name"], name="directory_alias_name")]

    def __str__(self) -> str:
        return self.name


class Succession(models.Model):
    """`function` of `old` passed to `new`: a reform hands one body's work to several, so each function is a row."""

    old = models.ForeignKey(Body, models.CASCADE, related_name="successors")
    new = models.ForeignKey(Body, models.CASCADE, related_name="predecessors")
    function = models.CharField("职能", max_length=120, blank=True)
    since = models.DateField("自", null=True, blank=True)
    status = models.CharField("状态", max_length=16, choices=list(STATUSES.items()), default="inferred")
    note = models.TextField("依据", blank=True)

    class Meta:
        verbose_name = "职能承接"
        ordering = ["function", "id"]
        constraints = [
            models.UniqueConstraint(fields=["old", "new", "function"], name="directory_succession_once"),
            models.CheckConstraint(condition=~Q(old=F("new")), name="directory_succession_two"),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class Post(models.Model):
    """A position in a body; people hold it for a time. `stand_in` is who acts when the holder cannot be reached."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="posts")
    title = models.CharField("职务", max_length=80)
    head = models.BooleanField("主要负责人", default=False)
    stand_in = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="stands_in_for")

    class Meta:
        verbose_name = "岗位"
        ordering = ["-head", "id"]
        constraints = [models.UniqueConstraint(fields=["body", "title"], name="directory_post_once")]

    def __str__(self) -> str:
        return f"{self.body}{self.title}"


class Person(models.Model):
    """Someone who works for a body. The phone is personal data: shown masked, every full reading is recorded."""

    name = models.CharField("姓名", max_length=80)
    phone = models.CharField("手机", max_length=40, blank=True)
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="people")
    synthetic = models.BooleanField("演示数据", default=False)
    left_on = models.DateField("离职", null=True, blank=True)

    class Meta:
        verbose_name = "人员"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name"], name="directory_person_name")]

    def __str__(self) -> str:
        return self.name


class Holding(models.Model):
    """Who holds a post from `since` to `until` (both days included; open while `until` is empty)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="holdings")
    post = models.ForeignKey(Post, models.CASCADE, related_name="holdings")
    since = models.DateField("任职")
    until = models.DateField("离任", null=True, blank=True)

    class Meta:
        verbose_name = "任职"
        ordering = ["-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="directory_holding_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.post}"


class Area(models.Model):
    """A territory during a period. A change of boundary or parent is a new row with the same code.

    `limits` holds the four textual limits: [{"side": "east", "text": …, "inclusion": inclusive|exclusive|unresolved}].
    """

    pack = models.CharField("数据包", max_length=40, default="jccq")
    code = models.CharField("编码", max_length=32)
    name = models.CharField("名称", max_length=120)
    full_name = models.CharField("规范名称", max_length=200, blank=True)
    sort = models.CharField("层级", max_length=16, choices=list(AREA_SORTS.items()))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="areas")
    valid_from = models.DateField("生效", null=True, blank=True)
    valid_until = models.DateField("失效", null=True, blank=True)
    limits = models.JSONField("四至", default=list, blank=True)
    basis = models.CharField("依据", max_length=120, blank=True)
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = "区域"
        ordering = ["code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["pack", "code", "valid_from"], name="directory_area_version"),
            models.UniqueConstraint(
                fields=["pack", "code"], condition=Q(valid_from__isnull=True), name="directory_area_undated"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InForce(models.Manager["Resident"]):
    """Residents of the register as it stands: rows of a file that is not stored whole are not part of it."""

    def get_queryset(self) -> models.QuerySet[Resident]:
        whole = RegisterFile.objects.filter(state=RegisterFile.State.STORED).values("pk")
        return super().get_queryset().filter(Q(file=None) | Q(file__in=whole))


class Resident(models.Model):
    """Someone who lives in the district (居民底册): the base of what is done for residents, elders first.

    Name, identity number, phone and address are personal data: shown masked, every full reading is recorded with its
    reason. `area` is the village or community. Synthetic rows carry an area code in their number that no place has.
    `objects` are the residents in force; `everyone` has those too who are still being brought in.
    """

    name = models.CharField("姓名", max_length=80)
    sex = models.CharField("性别", max_length=1, choices=list(SEXES.items()), blank=True)
    born = models.DateField("出生日期")
    id_number = models.CharField("身份证号", max_length=18, blank=True)
    phone = models.CharField("电话", max_length=40, blank=True)
    address = models.CharField("住址", max_length=200, blank=True)
    household = models.CharField("户号", max_length=24, blank=True)  # those who live together carry the same
    area = models.ForeignKey(Area, models.PROTECT, related_name="residents", db_index=False, verbose_name="村（社区）")
    source = models.CharField("来源", max_length=120, blank=True)
    left_on = models.DateField("注销", null=True, blank=True)  # moved away or died; the row stays
    synthetic = models.BooleanField("演示数据", default=False)
    # The file that brought the row; not indexed, so that no plan of the lists goes by it.
    file = models.ForeignKey("RegisterFile", models.PROTECT, null=True, db_index=False, related_name="+")

    objects = InForce()
    everyone = models.Manager()  # noqa: DJ012 a manager, not a field

    class Meta:
        verbose_name = "居民"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["id_number"], condition=~Q(id_number=""), name="directory_resident_id_number"
            ),
        ]
        indexes = [
            models.Index(fields=["area", "born"], name="directory_resident_area"),
            models.Index(fields=["born"], name="directory_resident_born"),
            models.Index(fields=["name"], name="directory_resident_name"),
            models.Index(fields=["household"], name="directory_resident_home"),
        ]

    def __str__(self) -> str:
        return self.name


class ResidentChange(models.Model):
    """What stood in one column of a resident's row before somebody put it right. Personal data, like the row itself."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="changes")
    field = models.CharField("栏目", max_length=20)
    before = models.CharField("原来", max_length=200, blank=True)
    after = models.CharField("改为", max_length=200, blank=True)
    reason = models.CharField("理由", max_length=500)
    by = models.CharField("经办", max_length=150)
    user = models.BigIntegerField("账号", null=True, blank=True)  # accounts stand above this room
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "居民更正"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.field} {self.at:%Y-%m-%d}"


class RegisterFile(models.Model):
    """A register of residents as somebody brought it in. The bytes are kept; rows enter the register when confirmed."""

    class State(models.TextChoices):
        RECEIVED = "received", "正在检查"
        CHECKED = "checked", "待确认"
        FAILED = "failed", "不能导入"
        STORING = "storing", "正在导入"
        STORED = "stored", "已导入"

    name = models.CharField("文件名", max_length=255)
    sha256 = models.CharField("摘要", max_length=64)
    size = models.PositiveBigIntegerField("字节数")
    source = models.CharField("来源", max_length=120)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    report = models.JSONField("检查结果", default=dict, blank=True)  # counts and errors by line; no personal data
    by = models.CharField("经办", max_length=80)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "底册文件"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.name


class CalendarYear(models.Model):
    """A year whose holidays and make-up days are known. A year without a row is unknown, not ordinary."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source = models.CharField("来源", max_length=200)
    confirmed = models.BooleanField("已核对", default=False)
    updated_at = models.DateTimeField("更新", auto_now=True)  # the stamp by which cached calendars notice a change

    class Meta:
        verbose_name = "日历年"
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that departs from the week: off on a weekday, or worked on a weekend."""

    date = models.DateField("日期", primary_key=True)
    sort = models.CharField("性质", max_length=16, choices=list(DAY_SORTS.items()))
    name = models.CharField("名称", max_length=40, blank=True)
    source = models.CharField("来源", max_length=200, blank=True)

    class Meta:
        verbose_name = "特殊日"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.get_sort_display()}"
