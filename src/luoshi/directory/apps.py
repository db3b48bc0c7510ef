from luoshi.kernel.acting import RoomConfig, may

# Everyone who works here sees bodies, areas and days; the role codes are those of `accounts.roles`.
_STAFF = (
    "supervisor",
    "handler",
    "chief",
    "leader",
    "editor",
    "clerk",
    "duty_officer",
    "commander",
    "finance",
    "culture",
    "field",
    "sysadmin",
    "secadmin",
    "auditor",
)


class DirectoryConfig(RoomConfig):
    name = "luoshi.directory"
    label = "directory"
    verbose_name = "机构与人员"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {
        "directory.view": may("查看机构、人员（遮蔽）、区域和工作日历", *_STAFF),
        "directory.personal": may(
            "写明事由后查看联系方式", "supervisor", "chief", "leader", "duty_officer", "commander"
        ),
        "directory.edit": may("维护机构写法、职能承接、岗位人员和区域", "editor"),
        "directory.residents": may("查看授权区域内的居民底册（遮蔽）", "clerk", "field", "duty_officer"),
        "directory.resident_personal": may("按姓名查找居民，写明事由后查看个人信息", "clerk", "field"),
        "directory.resident_correct": may("更正授权区域内的居民底册", "clerk", "field"),
        "directory.register": may("导入居民底册（不显示个人信息）", "sysadmin"),
        "directory.calendar": may("导入和修改放假安排", "sysadmin"),
    }

    def ready(self) -> None:
        from luoshi.directory import navigation, register_file, register_store  # noqa: F401
