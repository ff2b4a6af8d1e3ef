/**
 * Words and phrases that readers stumble over, each with plain words to use instead. Found in comments, texts and
 * Markdown without regard to letter case.
 */
export const WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\btold\b|\btells? (?:of|nothing|nobody)\b/, 'reported, shown, listed, sent, known'],
  [/\b(?:un)?heard\b|\bhears?\b/, 'received, noticed'],
  [/\bnobody\b|\bno one\b/, 'name the subject: no user, no process, nothing'],
  [/\bsomebody\b/, 'a user, a reader'],
  [/\bwhoever\b|\bwhomever\b/, 'name the subject'],
  [/\bmend(?:s|ed|ing)?\b/, 'fix'],
  [/\bdear(?:er|est)?\b/, 'more expensive, uses more CPU'],
  [/\bhindrances?\b/, 'limitation, obstacle'],
  [/\bforeseen\b/, 'expected, user error'],
  [/\b(?:in|at) hand\b/, 'current, in progress, available'],
  [/\bfor good\b/, 'permanently'],
  [/\bfor want of\b/, 'without'],
  [/\b(?:is|are|be|has|have|there) none\b/, 'is not a ..., there is no ...'],
  [/\bheld against\b/, 'compared with, validated against'],
  [/\bwhatever\b/, 'any, regardless of'],
  [/\bbesides?\b/, 'next to, at the same time as, also'],
  [/\b(?:has|have|had|what|all|that|which|much|it) (?:come|comes|came|becomes?|became) of\b/, 'result, outcome'],
  [/\bwere it\b|\bbe it\b/, 'if it were, even if'],
  [/\bnor (?:do|does|is|are)\b/, 'split the sentence'],
  [/\bnowhere\b/, 'not ... anywhere'],
  [/\blet go\b/, 'released, dropped'],
  [/\bcall(?:s|ed)? off\b/, 'cancel'],
  [/\bfarther\b/, 'further'],
  [/\bof what\b|\bof those that\b|\bthose of (?:which|whom)\b/, 'name the thing'],
  [
    /\bwhat (?:is|was|are|has|it|they|can|may|must|goes|comes|stands) (?:\w+ )?(?:of|from|by|in|with|there|at|to)\b/,
    'name the thing',
  ],
  [/\bwho (?:sits|speaks|waits|asks|reads|writes|knows|says)\b/, 'name the subject'],
]

/** Words that begin neither a comment nor a paragraph: it begins with a noun or a verb. */
export const OPENERS =
  /^(?:What|Whatever|That|Those|Of|Whose|As|The same|Nobody|None|Neither|Nor|Which|Where|Who|Whom|Besides?)\b/
