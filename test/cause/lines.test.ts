import { expect, test } from 'vitest'
import { LineMap } from '../../src/cause/lines.ts'

const DIFF = `diff --git src/prices.ts src/prices.ts
index 1..2 100644
--- src/prices.ts
+++ src/prices.ts
@@ -3,0 +4,2 @@ const TAX = 0.19
+const A = 1
+const B = 2
@@ -10,3 +12 @@
-old
-old
-old
+new
@@ -20 +19,0 @@
-gone
diff --git src/old name.ts src/new name.ts
similarity index 90%
rename from src/old name.ts
rename to src/new name.ts
--- src/old name.ts\t
+++ src/new name.ts\t
@@ -1 +1 @@
-a
+b
diff --git "src/\\303\\244.ts" "src/\\303\\244.ts"
--- "src/\\303\\244.ts"
+++ "src/\\303\\244.ts"
@@ -5 +5,2 @@
-a
+b
+++ c
diff --git gone.ts gone.ts
deleted file mode 100644
--- gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-a
`

test('lines of base are found in head', () => {
  const lines = new LineMap(DIFF)
  const found = [1, 3, 4, 9, 10, 11, 12, 13, 19, 21].map(line => lines.lineInHead('src/prices.ts', line))
  expect(found).toEqual([1, 3, 6, 11, 12, 12, 12, 13, 19, 20])
  expect(lines.lineInHead('src/other.ts', 7)).toBe(7)
})

test('moved files and files with special names are known by their paths in head', () => {
  const lines = new LineMap(DIFF)
  expect(lines.fileInHead('src/old name.ts')).toBe('src/new name.ts')
  expect(lines.fileInHead('src/prices.ts')).toBe('src/prices.ts')
  expect(lines.isChanged('src/new name.ts', 1, 3)).toBe(true)
  expect(lines.isChanged('src/ä.ts', 6, 9)).toBe(true)
})

test('only lines that differ are changed', () => {
  const lines = new LineMap(DIFF)
  const found = [
    [1, 3],
    [4, 4],
    [6, 11],
    [12, 14],
    [40, 50],
  ].map(([from, to]) => lines.isChanged('src/prices.ts', from!, to!))
  expect(found).toEqual([false, true, false, true, false])
  expect(new LineMap().isChanged('src/prices.ts', 1, 100)).toBe(false)
})
