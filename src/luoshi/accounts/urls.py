from django.urls import path

from luoshi.accounts import views, views_me, views_users

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("verify/", views.verify, name="verify"),
    path("recovery/", views.recovery, name="recovery"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/renew/", views.second_factor_renew, name="second-factor-renew"),
    path("", views_me.me, name="me"),
    path("preferences/", views_me.preferences, name="preferences"),
    path("password/", views_me.password, name="password"),
    path("sessions/end/", views_me.end_sessions, name="end-sessions"),
    path("tokens/", views_me.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", views_me.revoke_token, name="revoke-token"),
    path("users/", views_users.users, name="users"),
    path("users/new/", views_users.new_user, name="new-user"),
    path("users/<int:pk>/", views_users.user, name="user"),
    path("users/<int:pk>/grant/", views_users.grant, name="grant"),
    path("grants/<int:pk>/revoke/", views_users.revoke, name="revoke"),
    path("users/<int:pk>/disable/", views_users.disable, name="disable"),
    path("users/<int:pk>/enable/", views_users.enable, name="enable"),
    path("users/<int:pk>/release/", views_users.release, name="release"),
    path("users/<int:pk>/second-factor-off/", views_users.second_factor_off, name="second-factor-off"),
    path("users/<int:pk>/password/", views_users.reset_password, name="reset-password"),
    path("audit/", views_users.audit, name="audit"),
]
