# 初期設定・ログイン
setup-language-title = ようこそ
setup-step = 手順 { $step } / { $steps }
setup-institution-title = 機関の情報
setup-office-title = 機関の情報
setup-profile-why = 連絡先、報告先、期限はこの内容で決まります。あとから「設定」で変更できます。
setup-account-title = 最初の利用者
setup-code-title = 認証アプリの登録
setup-paper-title = 復旧コードの控え

account-why = この利用者は管理者になります。パスワードのほかに、スマートフォンの認証アプリの確認コードを使います（二要素認証）。
code-step-app = スマートフォンで認証アプリ（Google Authenticator、Microsoft Authenticator など）を開きます。
code-step-scan = このQRコードを読み取ります。
code-qr-title = 認証アプリに登録するQRコード
code-by-hand = 読み取れないときは、次の文字を手で入力してください:
code-step-type = アプリに表示された6桁の数字を、下に入力します。
paper-why = スマートフォンをなくしたときに使う復旧コードです。この画面でしか表示されません。印刷するか書き写して、金庫など安全な場所に保管してください。1つのコードは1回だけ使えます。
paper-kept = 控えたので次へ進む

field-display-name = 氏名
hint-display-name = 画面や記録に表示されます。例: 山田 太郎
field-sign-in-name = ログイン名
hint-sign-in-name = 半角の英数字と . - _ @ で2～64文字
field-password = パスワード
field-new-password = 新しいパスワード
hint-new-password = 15文字以上。覚えやすい文でかまいません。記号や大文字は必須ではありません。
field-code = 確認コード（6桁）
hint-code = 認証アプリに今表示されている数字
field-code-or-paper = 確認コード
hint-code-or-paper = 認証アプリの6桁。スマートフォンがないときは紙の復旧コード
problem-name-taken = このログイン名は使われています。別の名前にしてください。
problem-name-unfit = ログイン名は半角の英数字と . - _ @ で2～64文字にしてください。
problem-code-wrong = 確認コードが一致しません。アプリに今表示されている数字を入力してください。スマートフォンの時刻も確かめてください。
problem-sign-in = ログイン名、パスワード、確認コードのいずれかが違います。もう一度入力してください。
problem-wait = 誤りが続いたため、{ $seconds }秒待ってからもう一度お試しください。

sign-in-title = ログイン
sign-in = ログインする
sign-in-lost = ログインできないときは、施設のシステム管理者に連絡してください。管理者が新しい登録用リンクを発行できます。
step-up-title = 確認コードの再入力
step-up-why = 重要な操作のため、本人であることをもう一度確認します。確認は10分間有効です。

invitation-title = 利用者の登録
invitation-why = パスワードのほかに、スマートフォンの認証アプリの確認コードを使います（二要素認証）。
invitation-for = { $name } さん、利用者登録をお願いします。

flash-signed-out = ログアウトしました。
flash-paper-code-used = 復旧コードを1つ使いました。残りは{ $left }個です。
setup-company = 会社は、名称と都道府県だけを入力してください。
