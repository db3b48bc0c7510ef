from luoshi.kernel.acting import RoomConfig, may


class ClocksConfig(RoomConfig):
    name = "luoshi.clocks"
    label = "clocks"
    verbose_name = "时限"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "clocks.read": may("查看时限", "supervisor", "leader", "duty_officer", "commander", "sysadmin", "auditor"),
        "clocks.retry": may("重新处理出错的时限和后台任务", "sysadmin"),
        "clocks.jobs": may("查看后台任务", "sysadmin", "auditor", "editor", "supervisor"),
    }

    def ready(self) -> None:
        from luoshi.clocks import chores, laterwork, navigation  # noqa: F401
