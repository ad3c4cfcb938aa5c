# Exceptions: what is ordinary here

menu-exceptions = Exceptions
exceptions-title = Exceptions to findings
exceptions-what = What was declared ordinary here. From its end on it is shown among the findings again. An exception deletes neither logs nor findings.
exceptions-none = There is no exception. One is made on a finding: "This is ordinary here".
exceptions-held-back = See the findings that exceptions keep off the list
exceptions-expiring = Ending soon (within 14 days)
exceptions-active = In force
exceptions-expired = Expired (findings are shown again)
exceptions-withdrawn = Withdrawn
exception-expiring = Ends soon
exception-active = In force
exception-expired = Expired
exception-withdrawn = Withdrawn
exception-orphan = No owner
exception-orphan-now = Its owner has no working account any more. To go on with it, choose a new owner and renew it.
exception-of = Exception: { $title }
exception-scope = What it covers
exception-any-rule = Any detection rule
exception-this-rule = This rule ({ $title })
exception-whoever = Machine and account
exception-whoever-all = Any (whatever machine, whoever acts)
exception-machine = Machine involved
exception-account = Account involved
exception-address = Address involved
exception-reason = Reason
exception-owner = Owner
exception-ends = Ends
exception-until = until { $at }
exception-made = Made
exception-made-by = { $at } by { $by }
exception-finding = See the finding it was made from
exception-held =
    { $count ->
        [one] { $count } finding held back
       *[other] { $count } findings held back
    }
exception-held-times = Findings held back: { $count } (occurrences: { $times }).
exception-held-last = Last:
exception-held-heading = Findings held back
exception-held-show = See what was held back
exception-turns = History
exception-turn-made = Made
exception-turn-renewed = Renewed
exception-turn-withdrawn = Withdrawn
exception-renew = Renew this exception
exception-withdraw = Withdraw this exception

exception-make-title = This is ordinary here (make an exception)
exception-make-lead = From now until the end date, findings that fit are shown neither on the list nor on Today. The logs and the findings are kept, and can be seen under "Held back".
exception-step-scope = 1. Choose what it covers
exception-step-preview = 2. Check what it hides
exception-step-term = 3. Reason, owner, end
exception-preview-do = Show what this would hide
exception-preview-count = This would have hidden { $count } of the findings of the last { $days } days (occurrences: { $times }).
exception-preview-partial = There are many findings: counted among the newest 5000.
exception-preview-more = and { $count } more
exception-preview-none = Choose what it covers, and what it would hide is shown here.
exception-warn-serious = Careful: { $count } of these are of level high or above. An attack could be missed. Check whether the scope can be narrower.
exception-warn-level = Careful: this finding is of level high or above. An attack could be missed.
exception-warn-whoever = Careful: no machine, account or address is asked for. It hides the finding on every machine, whoever acts.
exception-warn-any-rule = Careful: no rule is asked for. Rules that find attacks are hidden as well.
exception-warn-counts = Careful: this finding counts several records. Its machine and account are those of the last one.
exception-make-do = Make the exception

field-exception-rule = Detection rule
field-exception-part = Only where (a finding must fit everything ticked)
field-exception-everywhere = Wherever this rule finds something
hint-exception-everywhere = Only when none of the conditions above is ticked.
field-exception-reason = Reason
hint-exception-reason = For example: vulnerability scanner, monthly scan on the second Saturday, confirmed with the company by name
field-exception-owner = Owner
hint-exception-owner = The person who reviews it at its end.
field-exception-until = Ends (last day)
hint-exception-until = At most 366 days ahead. For example: 2027-02-18
field-exception-close = Also close this finding as "no action needed", for the same reason
field-exception-withdraw-reason = Why it is withdrawn

problem-scope = Tick at least one condition besides the rule. To cover the rule everywhere, tick that box.
problem-scope-unseen = The scope has changed; what it hides is shown anew. Check it, then make the exception again.
problem-until = Choose a date within the next { $limit } days.

flash-exception-made = The exception is made. The same finding will not be shown on the list from now on.
flash-exception-renewed = The exception is renewed.
flash-exception-withdrawn = The exception is withdrawn. From now on findings are shown on the list again.
