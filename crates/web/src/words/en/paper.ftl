# Documents as files (PDF, Excel, for the telephone)
paper-as = The document as a file:
paper-pdf = PDF
paper-xlsx = Excel (XLSX)
paper-txt = words to read out on the telephone
paper-forms = On the form of an office
paper-forms-why = The same record with the fields and in the order of the office’s form. An approved report is written into the office’s own blank workbook when it lies in the data folder; else it becomes a table of the same fields. What a person decides is left blank.
paper-forms-blank = Where the blank is looked for (in the data folder):
