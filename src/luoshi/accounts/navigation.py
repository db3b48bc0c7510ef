"""Where the screens of this room stand in the navigation."""

from luoshi.faces import nav
from luoshi.kernel.acting import SIGNED_IN

nav.register("账号与授权", "accounts:users", "accounts.view", "管理", 910)
nav.register("审计", "accounts:audit", "accounts.audit", "管理", 920)
nav.register("我的账号", "accounts:me", SIGNED_IN, "我", 990)
