from luoshi.kernel.acting import RoomConfig, may


class LedgerConfig(RoomConfig):
    name = "luoshi.ledger"
    label = "ledger"
    verbose_name = "台账"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "ledger.read": may("查看台账", "auditor"),
        "ledger.verify": may("校验台账", "auditor"),
        "ledger.evidence": may("导出证据包", "auditor", "supervisor"),
    }

    def ready(self) -> None:
        from luoshi.ledger import navigation  # noqa: F401
