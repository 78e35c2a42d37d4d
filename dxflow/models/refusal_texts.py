"""The words for refused constructs: BPMN term or code of the reader to sentence and way out."""

from dataclasses import dataclass

from dxflow.problems import Severity

WARNING = Severity.WARNING


@dataclass(frozen=True)
class Refusal:
    """What the construct is called, and a way out; `says` replaces the usual sentence."""

    what: str
    hint: str
    says: str = ""
    severity: Severity = Severity.ERROR


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

REFUSALS = {
    "task": Refusal("種類のないタスク", _USER_TASK),
    "manualTask": Refusal("手作業タスク", "完了を記録するユーザータスクに変えてください。"),
    "sendTask": Refusal("送信タスク", "通知はサービスタスク（notify）で描いてください。"),
    "receiveTask": Refusal("受信タスク", "受け取った人が入力するユーザータスクに変えてください。"),
    "transaction": Refusal("トランザクション", "ふつうのサブプロセスに変えてください。"),
    "adHocSubProcess": Refusal(
        "アドホックサブプロセス", "順序を決めたサブプロセスに変えてください。"
    ),
    "eventSubProcess": Refusal(
        "イベントサブプロセス", "期限はアクティビティのタイマー境界イベントで描いてください。"
    ),
    "inclusiveGateway": Refusal("包含ゲートウェイ", _BRANCH),
    "complexGateway": Refusal("複合ゲートウェイ", _BRANCH),
    "eventBasedGateway": Refusal("イベントベースゲートウェイ", _TIMER_OR_OUTCOME),
    "messageEventDefinition": Refusal("メッセージイベント", _WAIT_OR_TELL),
    "signalEventDefinition": Refusal("シグナルイベント", _WAIT_OR_TELL),
    "errorEventDefinition": Refusal("エラーイベント", _RESULT),
    "escalationEventDefinition": Refusal("エスカレーションイベント", _RESULT),
    "conditionalEventDefinition": Refusal(
        "条件イベント", "条件は排他ゲートウェイで調べてください。"
    ),
    "compensateEventDefinition": Refusal("補償イベント", _UNDO),
    "isForCompensation": Refusal("補償アクティビティ", _UNDO),
    "linkEventDefinition": Refusal("リンクイベント", "シーケンスフローで直接つないでください。"),
    "cancelEventDefinition": Refusal("キャンセルイベント", _RESULT),
    "multipleEventDefinitions": Refusal(
        "複数のきっかけをもつイベント", "きっかけごとに別のイベントに分けてください。"
    ),
    "timerEventDefinition:startEvent": Refusal(
        "タイマー開始イベント", "ふつうの開始イベントの直後にタイマー中間イベントを置いてください。"
    ),
    "timerEventDefinition:boundaryEvent": Refusal(
        "取り付け先のない境界イベント",
        "タイマー境界イベントを、待つアクティビティの縁に置いてください。",
    ),
    "intermediateThrowEvent": Refusal(
        "中間イベント（きっかけなし）", "図形を消して、前後を直接つないでください。"
    ),
    "intermediateCatchEvent": Refusal(
        "中間イベント（きっかけなし）",
        "待つ期間や日時を決めて、タイマー中間イベントに変えてください。",
    ),
    "boundaryEvent": Refusal(
        "境界イベント（きっかけなし）", "期間や日時を決めて、タイマー境界イベントに変えてください。"
    ),
    "standardLoopCharacteristics": Refusal(
        "標準ループ", "排他ゲートウェイで戻るくり返しか、マルチインスタンスで描いてください。"
    ),
    "loopCardinality": Refusal(
        "回数で決めるマルチインスタンス",
        "くり返す対象のリストを inputCollection に指定してください。",
    ),
    "loopDataInputRef": Refusal(
        "データ参照のマルチインスタンス",
        "くり返す対象のリストを inputCollection に指定してください。",
    ),
    "dataStoreReference": Refusal("データストア", _DATA),
    "ioSpecification": Refusal("データの入出力仕様", _DATA),
    "dataObject": Refusal("データオブジェクト", _DATA, _DRAWN_DATA, WARNING),
    "dataObjectReference": Refusal("データオブジェクト", _DATA, _DRAWN_DATA, WARNING),
    "dataAssociation": Refusal(
        "データの関連線",
        _DATA,
        "データの関連線は図の説明としてだけ扱い、実行には使いません。",
        WARNING,
    ),
    "potentialOwner": Refusal("担当の指定（potentialOwner）", _WHO),
    "performer": Refusal("担当の指定（performer）", _WHO),
    "humanPerformer": Refusal("担当の指定（humanPerformer）", _WHO),
    "script": Refusal("FEEL 以外のスクリプト", "FEEL 式（zeebe:script）に書き直してください。"),
    "startQuantity": Refusal("開始に要るトークン数の指定", _OWN_SETTING),
    "completionQuantity": Refusal("完了で出すトークン数の指定", _OWN_SETTING),
    "zeebe:executionListeners": Refusal("実行リスナー", _LISTENER),
    "zeebe:taskListeners": Refusal("タスクリスナー", _LISTENER),
    "zeebe:subscription": Refusal("メッセージの購読", _CALL),
    "zeebe:userTaskForm": Refusal(
        "埋め込みフォーム", "フォームは .form ファイルにし、formId で指定してください。"
    ),
    "zeebe:candidateUsers": Refusal(
        "候補者の指定（candidateUsers）", "candidateGroups に user:<ID> の形で書いてください。"
    ),
    "zeebe:followUpDate": Refusal(
        "フォローアップ日", _OWN_SETTING, "フォローアップ日は使いません。", WARNING
    ),
    "zeebe:retries": Refusal(
        "再試行回数",
        _OWN_SETTING,
        "再試行回数は使いません。処理は一度で行われ、失敗すれば操作全体が取り消されます。",
        WARNING,
    ),
    "zeebe:priorityDefinition": Refusal("優先度", _OWN_SETTING, "優先度は使いません。", WARNING),
    "zeebe:propagateAllParentVariables": Refusal(
        "変数の引き渡しの設定",
        "入力マッピングがあればそれだけが、なければすべての変数が渡ります。設定を消してください。",
        "変数の引き渡しの設定（propagateAllParentVariables）が入力マッピングと食い違っています。",
    ),
    "camunda7": Refusal(
        "Camunda 7 の設定",
        "Camunda 8 用の図として設定し直してください。",
        "Camunda 7 用の設定は読みません。",
        WARNING,
    ),
    "foreignExpression": Refusal(
        "FEEL 以外の言語の式",
        "式を FEEL で書き直してください。",
        "FEEL ではない言語の式です（{detail}）。",
    ),
    "timerWithoutValue": Refusal(
        "値のないタイマー",
        "日時・期間・周期のどれか一つを指定してください。",
        "タイマーの値が一つに決まっていません。",
    ),
    "missingId": Refusal(
        "ID のない要素", "モデリングツールで ID を付けてください。", "ID がありません（{detail}）。"
    ),
    "duplicateId": Refusal(
        "重複した ID",
        "どちらかの ID を変えてください。",
        "同じ ID がファイルの中で二度使われています。",
    ),
    "danglingFlow": Refusal(
        "つながっていないフロー",
        "線の両端を、同じプロセスの要素につないでください。",
        "シーケンスフローの端が、このプロセスの要素につながっていません（{detail}）。",
    ),
    "detachedBoundary": Refusal(
        "取り付け先のない境界イベント",
        "境界イベントをアクティビティの縁に置いてください。",
        "境界イベントの取り付け先が、このプロセスにありません。",
    ),
}
