from luoshi.kernel.acting import RoomConfig, may


class BenefitsConfig(RoomConfig):
    name = "luoshi.benefits"
    label = "benefits"
    verbose_name = "免申即享"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "benefits.read": may("查看惠企措施、名册和兑现事项", "culture", "finance", "chief", "leader", "auditor"),
        "benefits.register": may("导入和维护名册、处理来源分歧", "culture"),
        "benefits.link": may("核对企业账号和单位", "culture"),
        "benefits.handle": may("筛查、通知、公示、答复异议", "culture"),
        "benefits.recognise": may("认定、裁定须由人决定的事项", "culture", "chief"),
        "benefits.approve": may("批准兑现和追回", "culture", "chief"),
        "benefits.settle": may("确定文件留白的口径", "culture", "chief"),
        "benefits.budget": may("编列预算", "finance"),
        "benefits.batch": may("编制付款批次、导入银行回单、对账", "finance"),
        "benefits.release": may("复核付款批次", "finance"),
        "benefits.evidence": may("导出兑现证据包", "auditor", "culture", "finance"),
        "benefits.own": may("查看和确认本单位的事项、提出异议", "enterprise"),
    }

    def ready(self) -> None:
        from luoshi.benefits import daily, gauging, handlers, hooks, navigation, register_hooks, telling

        daily.register()
        gauging.register()
        handlers.register()
        telling.register()
        hooks.register()
        navigation.register()
        register_hooks.register()
