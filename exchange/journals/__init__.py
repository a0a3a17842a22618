"""A club's books as plain text that programs of others read: hledger and Beancount.

Both hold the same transactions under the same account names, strictly: every account declared,
the event's id with each transaction, every account held to its balance at each month's end. No
name of a person and no memo is in them: such a file outlives the key that a name is sealed under.
"""
