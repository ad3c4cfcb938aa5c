# Words of every screen
site-name = Sakimori 防人
skip-to-content = Skip to content
language = Language
language-other = 日本語
language-switch = Show the screens in Japanese
menu = Menu
menu-more = More
signed-in-as = Signed in as
sign-out = Sign out
help-phone = Help by telephone
demo-bar = This is a demonstration. The institutions and people are invented; do not dial the numbers shown.
demo-as = Change role
demo-sites = Screens of the other organisations
exercise = Exercise
print = Print
printed-at = As of { $at }
printed-by = Printed by { $name }
back = Back
save = Save
cancel = Cancel
next-step = Continue
show-more = Show more
details = Details
none-yet = None yet
nothing-to-show = Nothing to show
search-other-words = Nothing was found. Try fewer or other words.
names-and = {", "}
count-items = { $count } items
unknown = Unknown
yes = Yes
no = No
optional = optional
required = required
live-updated = Updated
live-lost = Live updates have stopped. Please reload the page.
copy = Copy
copied = Copied

# Spans
ago-now = just now
ago-minutes = { $count } min ago
ago-hours = { $count } h ago
ago-days = { $count } days ago
in-minutes = { $count } min left
in-hours = { $count } h left
in-days = { $count } days left
late-minutes = { $count } min overdue
late-hours = { $count } h overdue
late-days = { $count } days overdue

# Lamps: the state is a word, never only a colour
lamp-good = Good
lamp-look = Check
lamp-bad = Fault
lamp-off = Not set up

# Problems with a form
problems-heading = Please check what you entered
problem-required = Please fill this in
problem-too-long = Use at most { $limit } characters
problem-number = Enter a whole number, 0 or more
problem-number-large = The number is too large
problem-at-most = Enter { $most } or less
problem-choice = Choose one of the options
problem-date = This is not a date. Examples: 2026-11-20, R8.11.20
problem-time = This is not a date and time. Example: 2026-11-20 09:30

# Error page
trouble-title = This could not be done
trouble-now = What to do now
trouble-call = Whom to call
trouble-clause = Basis
trouble-detail = Particulars
trouble-code = Error code
trouble-request = Request number
trouble-explain = Full explanation: sakimori explain { $code }
trouble-again = Try again
trouble-home = Back to Today

# Levels
level-informational = Informational
level-low = Low
level-medium = Medium
level-high = High
level-critical = Critical
