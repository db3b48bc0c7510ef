from luoshi.kernel.acting import RoomConfig, may


class SupervisionConfig(RoomConfig):
    name = "luoshi.supervision"
    label = "supervision"
    verbose_name = "督办"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "supervision.read": may("查看督办事项", "supervisor", "handler", "chief", "leader", "editor", "auditor"),
        "supervision.supervise": may("立项、分办、核验、销号", "supervisor"),
        "supervision.handle": may("签收、反馈、申请办结", "handler", "chief"),
        "supervision.measure": may("录入指标读数", "supervisor", "handler", "chief"),
        "supervision.decide": may("裁定指标冲突", "supervisor", "leader"),
        "supervision.publish": may("印发通报", "supervisor"),
    }

    def ready(self) -> None:
        from luoshi.supervision import handlers, hooks, navigation, telling

        handlers.register()
        hooks.register()
        navigation.register()
        telling.register()
