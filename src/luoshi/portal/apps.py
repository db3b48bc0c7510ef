from luoshi.kernel.acting import RoomConfig


class PortalConfig(RoomConfig):
    name = "luoshi.portal"
    label = "portal"
    verbose_name = "门户"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {}

    def ready(self) -> None:
        from luoshi.faces import slots
        from luoshi.portal import following, navigation  # noqa: F401

        slots.register("provision", following.button)
