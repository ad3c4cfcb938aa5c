# 文書のファイル（PDF・Excel・電話用）
paper-as = 文書をファイルで出す:
paper-pdf = PDF
paper-xlsx = Excel（XLSX）
paper-txt = 電話で読み上げる文章
paper-forms = 提出先の様式で出す
paper-forms-why = 同じ記録を、提出先の様式の項目と順序で出します。承認した報告は、提出先の Excel の白紙がデータフォルダにあればそれに書き込み、なければ同じ項目の表にします。人が決める欄は空けてあります。
paper-forms-blank = 白紙の置き場所（データフォルダの中）:
