"""What every room may use: time, money, exact JSON, errors, who acts, and who may. No Django models here."""
