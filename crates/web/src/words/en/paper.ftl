# Documents as files (PDF, Excel, for the telephone)
paper-as = The document as a file:
paper-pdf = PDF
paper-xlsx = Excel (XLSX)
paper-txt = words to read out on the telephone
