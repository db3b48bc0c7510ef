from luoshi.kernel.acting import RoomConfig, may


class NoticesConfig(RoomConfig):
    name = "luoshi.notices"
    label = "notices"
    verbose_name = "通知"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "notices.outbox": may("查看发件情况", "sysadmin", "auditor", "duty_officer", "supervisor"),
        "notices.confirm_for": may("代为确认、登记电话确认", "duty_officer", "supervisor"),
        "notices.wording": may("改动通知用语", "sysadmin", "supervisor"),
    }

    def ready(self) -> None:
        from luoshi.notices import handlers, navigation  # noqa: F401 — what happens when nobody confirms; screens
