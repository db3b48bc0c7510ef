from luoshi.kernel.acting import RoomConfig, may


class NormsConfig(RoomConfig):
    name = "luoshi.norms"
    label = "norms"
    verbose_name = "文件与规范"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "norms.read": may(
            "查看未公开的文件和页边状态",
            "supervisor", "handler", "chief", "leader", "editor", "clerk", "duty_officer", "commander", "finance",
            "culture", "field", "sysadmin", "secadmin", "auditor",
        ),
        "norms.import": may("导入公报、登记修订期限", "editor"),
        "norms.findings": may("处理核校问题", "editor", "supervisor"),
        "norms.answer": may("答复口径", "editor", "chief", "leader", "culture", "commander"),
        "norms.confirm": may("确认口径", "chief", "leader"),
        "norms.parameters": may("设定参数", "editor", "chief", "finance"),
    }  # fmt: skip

    def ready(self) -> None:
        from luoshi.norms import background, evidence, handlers, navigation  # noqa: F401 they register themselves
