# Sharing by standards
menu-readers = Sharing with tools
readers-title = Sharing with other tools (TAXII)
readers-why = Security products and analysis tools can read what this organisation published over TAXII 2.1. They only read. What they see follows from the kind of account and from TLP.
readers-address = Path to read from (after this server's address)
readers-collections = What is published
readers-label = Label
readers-count = Objects
readers-seen-by = Read by
readers-id = Id of the collection
readers-and = {"; "}
readers-red = TLP:RED has named recipients and is not published here.
readers-readers = Accounts
readers-none = There is no account yet.
readers-state = State
readers-name = Name
readers-audience = Kind
readers-made = Issued
readers-works = Active
readers-revoked = Stopped
readers-revoke = Stop
readers-revoke-of = Stop { $name }
readers-add = Issue an account
readers-token-title = The account was issued
readers-token-once = The token is shown on this page only. Paste it into the reading tool's settings and keep it nowhere else.
readers-user = User name
readers-token = Token (password)
field-reader-name = Name of the account
hint-reader-name = One that says which organisation or product reads. Letters, digits and . - _ only.
field-reader-audience = Kind of account
audience-public = Anybody (TLP:CLEAR)
audience-community = The health community (up to TLP:GREEN)
audience-client = A supplier of a recipient (up to TLP:AMBER)
audience-recipient = A recipient (up to TLP:AMBER+STRICT)
problem-reader-name = Use letters, digits and . - _ only, at most 64 of them.
problem-reader-taken = There is an account of that name already.
flash-reader-revoked = { $name } was stopped.
formats-title = Hand it to other systems
formats-hint = This warning as a file in a standard format. It carries no signature.
formats-cap = Download CAP
formats-csaf = Download CSAF
formats-cap-of = Download CAP (XML for alerting systems)
formats-csaf-of = Download CSAF (JSON for vulnerability tools)
ways-title = Where it goes once released
ways-members = Signed message to the institutions below
ways-below = { $count ->
    [one] { $count } institution
   *[other] { $count } institutions
  }
ways-taxii = TAXII (STIX 2.1)
ways-misp = MISP feed
ways-public = Public page and Atom feed
ways-accounts = { $count ->
    [one] { $count } account can read it
   *[other] { $count } accounts can read it
  }
readers-misp = Path of the MISP feed (read with the same account)
