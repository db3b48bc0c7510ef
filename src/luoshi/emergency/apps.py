from luoshi.kernel.acting import RoomConfig, may

READERS = ("duty_officer", "commander", "leader", "handler", "chief", "auditor", "sysadmin")


class EmergencyConfig(RoomConfig):
    name = "luoshi.emergency"
    label = "emergency"
    verbose_name = "应急预案"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "emergency.read": may("查看应急事件和预案", *READERS),
        "emergency.intake": may("接报、录入事实、分流、提出建议", "duty_officer"),
        "emergency.command": may("启动、变更、结束响应，发布、解除预警（另须任相应职务）", "commander", "leader"),
        "emergency.report": may("编报、催报、回应上级", "duty_officer", "commander"),
        "emergency.task": may("签收任务、反馈、求助", "duty_officer", "handler", "chief", "commander"),
        "emergency.resource": may("维护应急资源和值班表", "duty_officer", "handler", "chief"),
        "emergency.review": may("评估总结、费用、预案修订", "duty_officer", "commander", "leader", "chief"),
        "emergency.drill": may("组织演练", "duty_officer", "commander"),
        "emergency.setup": may("设置上级单位、企业名单和接入渠道", "sysadmin", "duty_officer"),
    }

    def ready(self) -> None:
        from luoshi.emergency import standing

        standing.register()
