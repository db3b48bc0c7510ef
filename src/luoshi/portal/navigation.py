"""Where the screens of this room stand in the navigation."""

from luoshi.faces import nav
from luoshi.kernel.acting import PUBLIC

nav.register("首页", "portal:home", PUBLIC, nav.PORTAL, 10)
nav.register("公报文件", "portal:gazette", PUBLIC, nav.PORTAL, 20)
nav.register("检索", "portal:search", PUBLIC, nav.PORTAL, 30)
nav.register("我的关注", "portal:follow", PUBLIC, nav.PORTAL, 40)
nav.register("说明", "portal:about", PUBLIC, nav.PORTAL, 90)
