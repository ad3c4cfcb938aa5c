# 文書のファイル（PDF・Excel・電話用）
paper-as = 文書をファイルで出す:
paper-pdf = PDF
paper-xlsx = Excel（XLSX）
paper-txt = 電話で読み上げる文章
