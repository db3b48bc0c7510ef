from luoshi.kernel.acting import RoomConfig, may


class ConsoleConfig(RoomConfig):
    name = "luoshi.console"
    label = "console"
    verbose_name = "工作台"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {"console.wall": may("查看大屏", "supervisor", "leader", "duty_officer", "commander", "sysadmin")}

    def ready(self) -> None:
        from luoshi.console import navigation  # noqa: F401
        from luoshi.directory import queries as directory
        from luoshi.faces import days

        days.register(lambda a, b: directory.calendar().working_days_between(a, b))
