// The look of the pages in meeting rooms and on people's own devices: its font comes with it, because they load nothing from elsewhere.
import '@fontsource/be-vietnam-pro/vietnamese-400.css'
import '@fontsource/be-vietnam-pro/latin-400.css'
import '@fontsource/be-vietnam-pro/vietnamese-600.css'
import '@fontsource/be-vietnam-pro/latin-600.css'
import './kiosk.css'
