"""Where the screens of this room stand in the navigation."""

from luoshi.faces import nav
from luoshi.kernel.acting import SIGNED_IN

nav.register("待办", "console:home", SIGNED_IN, "工作", 10)
nav.register("大屏", "console:wall", "console.wall", "看板", 800)
nav.register("帮助", "console:help", SIGNED_IN, "我", 995)
