# Setup and sign-in
setup-language-title = Welcome
setup-step = Step { $step } of { $steps }
setup-institution-title = Your institution
setup-office-title = Your office
setup-profile-why = Contacts, report addressees and deadlines follow from this. You can change it later in Settings.
setup-account-title = First account
setup-code-title = Authenticator app
setup-paper-title = Recovery codes

account-why = This account will be an administrator. Besides the password it uses codes from an authenticator app (two-factor authentication).
code-step-app = Open an authenticator app on your telephone (Google Authenticator, Microsoft Authenticator or another).
code-step-scan = Scan this QR code.
code-qr-title = QR code for the authenticator app
code-by-hand = If you cannot scan it, type this into the app:
code-step-type = Enter the six digits the app shows below.
paper-why = These recovery codes let you in when the telephone is lost. They are shown only now. Print them or write them down and keep them in a safe place. Each works once.
paper-kept = I have kept them, continue

field-display-name = Name
hint-display-name = Shown on screens and in records, for example Taro Yamada
field-sign-in-name = Sign-in name
hint-sign-in-name = 2 to 64 letters, digits and . - _ @
field-password = Password
field-new-password = New password
hint-new-password = At least 15 characters. A sentence you remember is fine; symbols and capitals are not required.
field-code = Code (six digits)
hint-code = The number the authenticator app shows now
field-code-or-paper = Code
hint-code-or-paper = Six digits of the app; without the telephone a paper recovery code
problem-name-taken = This sign-in name is taken. Choose another.
problem-name-unfit = Use 2 to 64 letters, digits and . - _ @ for the sign-in name.
problem-code-wrong = The code does not fit. Enter the digits the app shows now, and check the telephone's clock.
problem-sign-in = Name, password or code is wrong. Enter them again.
problem-wait = Too many wrong attempts. Wait { $seconds } seconds and try again.

sign-in-title = Sign in
sign-in = Sign in
sign-in-lost = If you cannot sign in, ask your administrator, who can give you a new link.
step-up-title = Enter a fresh code
step-up-why = This is a weighty action, so please prove again that it is you. The proof counts for ten minutes.

invitation-title = Set up your account
invitation-why = Besides the password you use the code of an authenticator app on your phone (two factors).
invitation-for = { $name }, please set up your account.

flash-signed-out = You are signed out.
flash-paper-code-used = One recovery code was used. { $left } are left.
setup-company = A company fills in its name and prefecture only.
