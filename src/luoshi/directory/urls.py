from django.urls import path

from luoshi.directory import views, views_calendar, views_register, views_residents, views_upkeep

app_name = "directory"
urlpatterns = [
    path("", views.bodies, name="bodies"),
    path("bodies/<int:pk>/", views.body, name="body"),
    path("bodies/<int:pk>/posts/add/", views_upkeep.add_post, name="add-post"),
    path("bodies/<int:pk>/names/add/", views_upkeep.add_alias, name="add-alias"),
    path("bodies/<int:pk>/successions/add/", views_upkeep.add_succession, name="add-succession"),
    path("names/<int:pk>/remove/", views_upkeep.remove_alias, name="remove-alias"),
    path("posts/<int:pk>/", views_upkeep.change_post, name="change-post"),
    path("posts/<int:pk>/appoint/", views_upkeep.appoint, name="appoint"),
    path("holdings/<int:pk>/leave/", views_upkeep.leave, name="leave"),
    path("successions/<int:pk>/confirm/", views.confirm_succession, name="confirm-succession"),
    path("people/", views.people, name="people"),
    path("people/add/", views_upkeep.add_person, name="add-person"),
    path("people/<int:pk>/", views_upkeep.change_person, name="change-person"),
    path("people/<int:pk>/phone/", views.reveal, name="reveal"),
    path("residents/", views_residents.residents_list, name="residents"),
    path("residents/<int:pk>/", views_residents.resident, name="resident"),
    path("residents/<int:pk>/correct/", views_residents.correct, name="resident-correct"),
    path("register/", views_register.files, name="register-files"),
    path("register/<int:pk>/", views_register.preview, name="register-file"),
    path("areas/", views.areas, name="areas"),
    path("areas/add/", views_upkeep.add_area, name="add-area"),
    path("areas/<int:pk>/", views.area, name="area"),
    path("areas/<int:pk>/change/", views_upkeep.change_area, name="change-area"),
    path("areas/<int:pk>/limits/words/", views_upkeep.word_limit, name="word-limit"),
    path("areas/<int:pk>/limits/", views.decide_limit, name="decide-limit"),
    path("calendar/", views_calendar.calendar, name="calendar"),
    path("calendar/<int:year>/", views_calendar.calendar, name="calendar-year"),
    path("calendar/set/", views_calendar.set_day, name="set-day"),
    path("calendar/import/", views_calendar.import_days, name="import-days"),
]
