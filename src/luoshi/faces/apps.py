from luoshi.kernel.acting import RoomConfig


class FacesConfig(RoomConfig):
    name = "luoshi.faces"
    label = "faces"
    verbose_name = "界面"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    permissions = {}

    def ready(self) -> None:
        from luoshi.faces import plainly

        plainly.speak()
