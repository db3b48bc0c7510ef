from luoshi.accounts.roles import WORKING
from luoshi.kernel.acting import RoomConfig, may


class AccountsConfig(RoomConfig):
    name = "luoshi.accounts"
    label = "accounts"
    verbose_name = "账号与权限"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "accounts.view": may("查看账号与授权", "secadmin", "auditor"),
        "accounts.manage": may("建立、停用账号，重置密码", "secadmin"),
        "accounts.grant": may("授予和撤销角色", "secadmin"),
        "accounts.audit": may("审计登录、授权和个人信息查看", "auditor"),
        "accounts.token": may("建立接口令牌", "sysadmin", "enterprise", *WORKING),
    }

    def ready(self) -> None:
        from luoshi.accounts import handlers, navigation  # noqa: F401
