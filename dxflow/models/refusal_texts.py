"""The words for refused constructs: BPMN term or code of the reader to sentence and way out.

Each table maps to a pair. In REFUSED: what the construct is called, and what to draw instead. In
WRONG and IGNORED: the whole sentence, and how to mend it.
"""

_USER_TASK = "人の作業ならユーザータスク、プログラムの処理ならサービスタスクに変えてください。"
_CALL = "サービスタスク、または呼び出しアクティビティに変えてください。"
_BRANCH = "排他ゲートウェイと並行ゲートウェイの組み合わせで描いてください。"
_TIMER_OR_OUTCOME = (
    "期限はタイマー境界イベントで、"
    "結果による分岐はユーザータスクの結果と排他ゲートウェイで描いてください。"
)
_DATA = "データは変数で受け渡します。この線や図形を消すか、テキスト注釈に変えてください。"
_LISTENER = "必要な処理は、スクリプトタスクかサービスタスクとして描いてください。"
_OWN_SETTING = "この設定を消してください。"
_WAIT_OR_TELL = "待つ所はユーザータスク、知らせる所はサービスタスク（notify）で描いてください。"
_RESULT = "結果を変数に入れ、排他ゲートウェイで分岐させてください。"
_UNDO = "取り消しの作業を、ふつうのタスクとして描いてください。"
_WHO = "担当はレーン、または candidateGroups で指定してください。"
_DRAWN_DATA = "データオブジェクトは図の説明としてだけ扱い、実行には使いません。"

REFUSED: dict[str, tuple[str, str]] = {
    "task": ("種類のないタスク", _USER_TASK),
    "manualTask": ("手作業タスク", "完了を記録するユーザータスクに変えてください。"),
    "sendTask": ("送信タスク", "通知はサービスタスク（notify）で描いてください。"),
    "receiveTask": ("受信タスク", "受け取った人が入力するユーザータスクに変えてください。"),
    "transaction": ("トランザクション", "ふつうのサブプロセスに変えてください。"),
    "adHocSubProcess": ("アドホックサブプロセス", "順序を決めたサブプロセスに変えてください。"),
    "eventSubProcess":
        ("イベントサブプロセス", "期限はアクティビティのタイマー境界イベントで描いてください。"),
    "inclusiveGateway": ("包含ゲートウェイ", _BRANCH),
    "complexGateway": ("複合ゲートウェイ", _BRANCH),
    "eventBasedGateway": ("イベントベースゲートウェイ", _TIMER_OR_OUTCOME),
    "messageEventDefinition": ("メッセージイベント", _WAIT_OR_TELL),
    "signalEventDefinition": ("シグナルイベント", _WAIT_OR_TELL),
    "errorEventDefinition": ("エラーイベント", _RESULT),
    "escalationEventDefinition": ("エスカレーションイベント", _RESULT),
    "conditionalEventDefinition": ("条件イベント", "条件は排他ゲートウェイで調べてください。"),
    "compensateEventDefinition": ("補償イベント", _UNDO),
    "isForCompensation": ("補償アクティビティ", _UNDO),
    "linkEventDefinition": ("リンクイベント", "シーケンスフローで直接つないでください。"),
    "cancelEventDefinition": ("キャンセルイベント", _RESULT),
    "multipleEventDefinitions":
        ("複数のきっかけをもつイベント", "きっかけごとに別のイベントに分けてください。"),
    "timerEventDefinition:boundaryEvent":
        ("取り付け先のない境界イベント",
         "タイマー境界イベントを、待つアクティビティの縁に置いてください。"),
    "intermediateThrowEvent":
        ("中間イベント（きっかけなし）", "図形を消して、前後を直接つないでください。"),
    "intermediateCatchEvent":
        ("中間イベント（きっかけなし）",
         "待つ期間や日時を決めて、タイマー中間イベントに変えてください。"),
    "boundaryEvent":
        ("境界イベント（きっかけなし）",
         "期間や日時を決めて、タイマー境界イベントに変えてください。"),
    "standardLoopCharacteristics":
        ("標準ループ", "排他ゲートウェイで戻るくり返しか、マルチインスタンスで描いてください。"),
    "loopCardinality":
        ("回数で決めるマルチインスタンス",
         "くり返す対象のリストを inputCollection に指定してください。"),
    "loopDataInputRef":
        ("データ参照のマルチインスタンス",
         "くり返す対象のリストを inputCollection に指定してください。"),
    "dataStoreReference": ("データストア", _DATA),
    "ioSpecification": ("データの入出力仕様", _DATA),
    "potentialOwner": ("担当の指定（potentialOwner）", _WHO),
    "performer": ("担当の指定（performer）", _WHO),
    "humanPerformer": ("担当の指定（humanPerformer）", _WHO),
    "script": ("FEEL 以外のスクリプト", "FEEL 式（zeebe:script）に書き直してください。"),
    "startQuantity": ("開始に要るトークン数の指定", _OWN_SETTING),
    "completionQuantity": ("完了で出すトークン数の指定", _OWN_SETTING),
    "zeebe:executionListeners": ("実行リスナー", _LISTENER),
    "zeebe:taskListeners": ("タスクリスナー", _LISTENER),
    "zeebe:subscription": ("メッセージの購読", _CALL),
    "zeebe:userTaskForm":
        ("埋め込みフォーム", "フォームは .form ファイルにし、formId で指定してください。"),
    "zeebe:candidateUsers":
        ("候補者の指定（candidateUsers）", "candidateGroups に user:<ID> の形で書いてください。"),
}  # fmt: skip

WRONG: dict[str, tuple[str, str]] = {
    "zeebe:propagateAllParentVariables":
        ("変数の引き渡しの設定（propagateAllParentVariables）が入力マッピングと食い違っています。",
         "入力マッピングがあればそれだけが、なければすべての変数が渡ります。設定を消してください。"),
    "foreignExpression":
        ("FEEL ではない言語の式です（{detail}）。", "式を FEEL で書き直してください。"),
    "timerWithoutValue":
        ("タイマーの値が一つに決まっていません。",
         "日時・期間・周期のどれか一つを指定してください。"),
    "missingId": ("ID がありません（{detail}）。", "モデリングツールで ID を付けてください。"),
    "duplicateId":
        ("同じ ID がファイルの中で二度使われています。", "どちらかの ID を変えてください。"),
    "danglingFlow":
        ("シーケンスフローの端が、このプロセスの要素につながっていません（{detail}）。",
         "線の両端を、同じプロセスの要素につないでください。"),
    "detachedBoundary":
        ("境界イベントの取り付け先が、このプロセスにありません。",
         "境界イベントをアクティビティの縁に置いてください。"),
}  # fmt: skip

IGNORED: dict[str, tuple[str, str]] = {
    "dataObject": (_DRAWN_DATA, _DATA),
    "dataObjectReference": (_DRAWN_DATA, _DATA),
    "dataAssociation": ("データの関連線は図の説明としてだけ扱い、実行には使いません。", _DATA),
    "zeebe:followUpDate": ("フォローアップ日は使いません。", _OWN_SETTING),
    "zeebe:retries":
        ("再試行回数は使いません。処理は一度で行われ、失敗すれば操作全体が取り消されます。",
         _OWN_SETTING),
    "zeebe:priorityDefinition": ("優先度は使いません。", _OWN_SETTING),
    "camunda7":
        ("Camunda 7 用の設定は読みません。", "Camunda 8 用の図として設定し直してください。"),
}  # fmt: skip
