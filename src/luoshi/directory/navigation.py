"""Where the screens of this room stand in the navigation."""

from luoshi.faces import nav

nav.register("机构", "directory:bodies", "directory.view", "机构与日历", 610)
nav.register("人员", "directory:people", "directory.view", "机构与日历", 620)
nav.register("居民底册", "directory:residents", "directory.residents", "机构与日历", 625)
nav.register("底册导入", "directory:register-files", "directory.register", "机构与日历", 626)
nav.register("区域", "directory:areas", "directory.view", "机构与日历", 630)
nav.register("工作日历", "directory:calendar", "directory.view", "机构与日历", 640)
