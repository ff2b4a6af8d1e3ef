/** XPath 1.0 as plain data; names follow its grammar. */
export type Axis =
  | 'ancestor'
  | 'ancestor-or-self'
  | 'attribute'
  | 'child'
  | 'descendant'
  | 'descendant-or-self'
  | 'following'
  | 'following-sibling'
  | 'parent'
  | 'preceding'
  | 'preceding-sibling'
  | 'self'

export type NodeTest =
  | { readonly kind: 'name'; readonly prefix?: string; readonly local: string }
  | { readonly kind: 'node' | 'text' | 'comment' }
  | { readonly kind: 'processing-instruction'; readonly target?: string }

export interface Step {
  readonly axis: Axis
  readonly test: NodeTest
  readonly predicates: readonly Expr[]
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type Arithmetic = '+' | '-' | '*' | 'div' | 'mod'

export type Expr =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: 'or' | 'and' | 'union'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'arithmetic'; readonly operator: Arithmetic; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'negate'; readonly operand: Expr }
  | { readonly kind: 'filter'; readonly of: Expr; readonly predicates: readonly Expr[] }
  /** From the root, from the context node, or from the nodes of another expression. */
  | { readonly kind: 'path'; readonly from: 'root' | 'context' | Expr; readonly steps: readonly Step[] }
