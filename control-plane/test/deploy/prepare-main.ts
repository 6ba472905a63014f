// What the hosts of every deployment test start from; made before the test files run beside each other. Nothing is made twice.
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { baseImage, debianRepository } from './image.ts'

// What is laid down is what stands in this checkout.
execFileSync(resolve(import.meta.dirname, '../../../scripts/make-release'), { stdio: ['ignore', 2, 2] })
debianRepository(baseImage())
