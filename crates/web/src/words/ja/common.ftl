# 全画面で使う語
site-name = 防人 Sakimori
skip-to-content = 本文へ進む
language = 言語
language-other = English
language-switch = 表示言語を英語に切り替える
menu = メニュー
menu-more = そのほか
signed-in-as = 利用者
sign-out = ログアウト
help-phone = 困ったときの電話
demo-bar = デモ環境です。実在の機関・人物ではありません。表示される電話番号にはかけないでください。
demo-as = 役割を切り替える
demo-sites = ほかの機関の画面
exercise = 訓練
print = 印刷する
printed-at = { $at } 現在
printed-by = 印刷: { $name }
back = 戻る
save = 保存する
cancel = やめる
next-step = 次へ
show-more = 続きを表示
details = 詳細
none-yet = まだありません
nothing-to-show = 表示するものはありません
search-other-words = 見つかりませんでした。語句を短くするか、別の語句で探してください。
names-and = 、
count-items = { $count }件
unknown = 不明
yes = はい
no = いいえ
optional = 任意
required = 必須
live-updated = 最新の状態に更新しました
live-lost = 自動更新が切れました。ページを再読み込みしてください。
copy = コピー
copied = コピーしました

# 経過
ago-now = たった今
ago-minutes = { $count }分前
ago-hours = { $count }時間前
ago-days = { $count }日前
in-minutes = あと{ $count }分
in-hours = あと{ $count }時間
in-days = あと{ $count }日
late-minutes = { $count }分 超過
late-hours = { $count }時間 超過
late-days = { $count }日 超過

# ランプ: 色だけでなく語で状態を示す
lamp-good = 正常
lamp-look = 要確認
lamp-bad = 異常
lamp-off = 未設定

# 入力の誤り
problems-heading = 入力内容を確認してください
problem-required = 入力してください
problem-too-long = { $limit }文字以内で入力してください
problem-number = 0以上の整数を入力してください
problem-number-large = 数が大きすぎます
problem-at-most = { $most }以下にしてください
problem-choice = 選択肢から選んでください
problem-date = 日付を読み取れません。例: 2026-11-20、R8.11.20
problem-time = 日時を読み取れません。例: 2026-11-20 09:30

# エラー画面
trouble-title = 処理できませんでした
trouble-now = いますぐ行うこと
trouble-call = 連絡先
trouble-clause = 根拠
trouble-detail = 詳細
trouble-code = エラーコード
trouble-request = 受付番号
trouble-explain = 詳しい説明: sakimori explain { $code }
trouble-again = もう一度試す
trouble-home = 「今日」へ戻る

# 警戒度
level-informational = 参考
level-low = 低
level-medium = 中
level-high = 高
level-critical = 重大
